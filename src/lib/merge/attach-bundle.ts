import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, sha256 } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';
import { BUNDLE_MEDIA_TYPE, buildBundleManifest, EMPTY_CONFIG } from './bundle-manifest.ts';
import { nameOf } from './source.ts';
import type { Locks, Services } from './types.ts';

export interface Attachment {
  readonly repository: Repository;
  readonly subjects: readonly Descriptor[];
  /** The bundle's JSON. */
  readonly bundle: string;
  /** Milliseconds since the epoch. */
  readonly signedAt: number;
}

/**
 * Attaches a bundle to each subject as an OCI 1.1 referrer; where a registry keeps no list of referrers, also in the
 * fallback tag.
 *
 * The lists are not asked before the push: Quay would keep the empty answer for a minute.
 * Safe to repeat: the manifests are the same bytes, and a fallback tag holds each digest once.
 *
 * @returns the digest of the manifest that attaches it, by subject
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 */
export async function attachBundle(
  { repository, subjects, bundle, signedAt }: Attachment,
  { services, locks }: { readonly services: Pick<Services, 'hasReferrersApi'>; readonly locks: Locks },
): Promise<{ readonly bundles: Readonly<Record<string, Digest>>; readonly api: boolean }> {
  const blob = new TextEncoder().encode(bundle);
  await Promise.all([repository.pushBlob(blob), repository.pushBlob(EMPTY_CONFIG)]);
  const layer = { mediaType: BUNDLE_MEDIA_TYPE, digest: await sha256(blob), size: blob.byteLength };
  const attached = await Promise.all(
    subjects.map(async ({ mediaType, digest, size }) => {
      const manifest = await buildBundleManifest({ mediaType, digest, size }, layer, signedAt);
      await repository.pushManifest(manifest.digest, manifest);
      return { subject: digest, descriptor: manifest.descriptor };
    }),
  );
  const [first] = attached;
  const api = first === undefined || (await services.hasReferrersApi(repository, first.descriptor.digest));
  if (!api) {
    await Promise.all(
      attached.map(({ subject, descriptor }) => locks.attachReferrer(nameOf(repository), subject, descriptor)),
    );
  }
  return { bundles: Object.fromEntries(attached.map(({ subject, descriptor }) => [subject, descriptor.digest])), api };
}
