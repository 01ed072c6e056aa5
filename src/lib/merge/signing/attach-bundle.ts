import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, sha256 } from '../../oci/digest.ts';
import { OciError } from '../../oci/error.ts';
import type { RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import { nameOf } from '../images/source.ts';
import type { Locks, Services } from '../types.ts';
import { BUNDLE_MEDIA_TYPE, buildBundleManifest, EMPTY_CONFIG } from './bundle-manifest.ts';

export interface Attachment {
  readonly repository: Repository;
  readonly subjects: readonly Descriptor[];
  /** The bundle's JSON. */
  readonly bundle: string;
  /** Milliseconds since the epoch. */
  readonly signedAt: number;
}

/** The manifests that attach a bundle, by subject, and whether the registry lists them by itself. */
export interface Attached {
  readonly bundles: Readonly<Record<string, Digest>>;
  readonly api: boolean;
}

/** Uploads what the manifests that attach a bundle will name. Safe to repeat. @returns the bundle's size in bytes */
export async function uploadBundle(repository: Repository, bundle: string): Promise<number> {
  const blob = new TextEncoder().encode(bundle);
  await Promise.all([repository.pushBlob(blob), repository.keepBlob(EMPTY_CONFIG)]);
  return blob.byteLength;
}

export interface AttachDeps {
  readonly services: Pick<Services, 'hasReferrersApi' | 'needsFallbackTags'>;
  readonly locks: Pick<Locks, 'readReferrers'>;
}

/** Has the fallback tags read while the manifests are on their way; they are read anew where that fails. */
function readAhead({ repository, subjects }: Attachment, locks: Pick<Locks, 'readReferrers'>): void {
  for (const { digest } of subjects) locks.readReferrers(nameOf(repository), digest).catch(() => undefined);
}

/**
 * Attaches a bundle that was uploaded to each subject, as an OCI 1.1 referrer.
 *
 * The lists are not asked before the push: Quay would keep the empty answer for a minute.
 * Safe to repeat: the manifests are the same bytes.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 */
export async function attachBundle(attachment: Attachment, { services, locks }: AttachDeps): Promise<Attached> {
  const { repository } = attachment;
  const manifests = await manifestsOf(attachment);
  if (services.needsFallbackTags(repository)) readAhead(attachment, locks);
  await Promise.all(manifests.map(({ manifest }) => pushReferrer(repository, manifest)));
  const [first] = manifests;
  const api = first === undefined || (await services.hasReferrersApi(repository, first.manifest.digest));
  return { bundles: Object.fromEntries(manifests.map(({ subject, manifest }) => [subject, manifest.digest])), api };
}

/** A registry that has lost the empty config in the meantime is given it once more. */
async function pushReferrer(repository: Repository, manifest: RawManifest): Promise<void> {
  try {
    await repository.pushManifest(manifest.digest, manifest);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    repository.forgetBlobs();
    await repository.keepBlob(EMPTY_CONFIG);
    await repository.pushManifest(manifest.digest, manifest);
  }
}

/**
 * Lists an attached bundle in the fallback tag of each subject, for registries that keep no list of referrers.
 *
 * Safe to repeat: a fallback tag holds each digest once.
 *
 * @returns how many tags were written
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export async function listInFallbackTags(
  attachment: Attachment,
  locks: Pick<Locks, 'attachReferrer'>,
): Promise<number> {
  const name = nameOf(attachment.repository);
  const manifests = await manifestsOf(attachment);
  await Promise.all(manifests.map(({ subject, manifest }) => locks.attachReferrer(name, subject, manifest.descriptor)));
  return manifests.length;
}

async function manifestsOf({ subjects, bundle, signedAt }: Attachment) {
  const layer = await layerOf(bundle);
  return Promise.all(
    subjects.map(async ({ mediaType, digest, size }) => {
      const manifest = await buildBundleManifest({ mediaType, digest, size }, layer, signedAt);
      return { subject: digest, manifest };
    }),
  );
}

/** A bundle as the manifests that attach it name it. */
export async function layerOf(bundle: string): Promise<Descriptor> {
  const blob = new TextEncoder().encode(bundle);
  return { mediaType: BUNDLE_MEDIA_TYPE, digest: await sha256(blob), size: blob.byteLength };
}
