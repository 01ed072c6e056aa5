import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, sha256 } from '../../oci/digest.ts';
import { BUNDLE_MEDIA_TYPE, buildBundleManifest, EMPTY_CONFIG } from '../bundle-manifest.ts';
import { nameOf } from '../source.ts';
import type { StepContext, StepResults, Target } from '../types.ts';

/**
 * Attaches the bundle to the index and each child, as OCI 1.1 referrers; where a registry keeps no list of
 * referrers, also in the fallback tag.
 *
 * The lists are not asked before the push: Quay would keep the empty answer for a minute.
 * Safe to repeat: the manifests are the same bytes, and a fallback tag holds each digest once.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 */
export async function attachBundle(context: StepContext, target: Target): Promise<StepResults['attach']> {
  const { repository } = target;
  const { digest, media_type, bytes, children } = context.result('read');
  const { bundle, signed_at } = context.result('sign');
  const blob = new TextEncoder().encode(bundle);
  const size = Buffer.from(bytes, 'base64').byteLength;
  const subjects: Descriptor[] = [
    { mediaType: media_type, digest, size },
    ...children.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  ];
  await Promise.all([repository.pushBlob(blob), repository.pushBlob(EMPTY_CONFIG)]);
  const layer = { mediaType: BUNDLE_MEDIA_TYPE, digest: await sha256(blob), size: blob.byteLength };
  const attached = await Promise.all(
    subjects.map(async (subject) => {
      const manifest = await buildBundleManifest(subject, layer, signed_at);
      await repository.pushManifest(manifest.digest, manifest);
      return { subject: subject.digest, descriptor: manifest.descriptor };
    }),
  );
  const api = await context.services.hasReferrersApi(repository, attached[0]?.descriptor.digest ?? digest);
  if (!api) {
    await Promise.all(
      attached.map(({ subject, descriptor }) => context.locks.attachReferrer(nameOf(repository), subject, descriptor)),
    );
  }
  const bundles: Record<string, Digest> = Object.fromEntries(
    attached.map(({ subject, descriptor }) => [subject, descriptor.digest]),
  );
  return { bundles, api };
}
