import { CodedError } from '../../error.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, EMPTY_DIGEST } from '../../oci/digest.ts';
import { type ParsedManifest, parseManifest, type RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import { isBundleType } from '../discovery.ts';

/** Referrers of one subject that are looked into; each may cost a manifest. */
const MAX_REFERRERS = 64;
const MANIFESTS_AT_ONCE = 6;
/** What Docker takes for an image's config. @see https://github.com/moby/moby/blob/v28.5.2/distribution/registry.go (defaultImageTypes) */
const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
  'application/json',
  'text/html',
];
/** What containerd unpacks, under a config of any type. @see https://github.com/containerd/containerd/blob/v2.4.2/core/images/mediatypes.go (IsLayerType) */
const FILE_SYSTEM = /^application\/vnd\.(?:oci\.image\.layer\.|docker\.image\.rootfs\.|erofs)/;

/** A manifest that refers to a subject. */
export interface Attached {
  readonly raw: RawManifest;
  readonly parsed: ParsedManifest;
  /** As a referrers list has it, from the manifest itself: registries differ in what they copy. */
  readonly descriptor: Descriptor;
}

/** Whether a manifest holds a Sigstore bundle. */
export function isBundle({ parsed }: Attached): boolean {
  return parsed.kind === 'image' && parsed.layers.some(({ mediaType }) => isBundleType(mediaType));
}

/**
 * Whether a runtime would run a manifest: under a foreign image's subject field it would come through unsigned. Every index
 * counts, for nothing that tools attach is one.
 *
 * What they attach has `{}` for a config, mostly, and then its layers may say anything: oras gives a file without a type that
 * of a layer. Else the config has a type of its own, and no layer holds a file system.
 */
export function isRunnable(parsed: ParsedManifest): boolean {
  if (parsed.kind === 'index') return true;
  const { config, layers } = parsed;
  if (IMAGE_CONFIGS.includes(config.mediaType)) return true;
  return config.digest !== EMPTY_DIGEST && layers.some(({ mediaType }) => FILE_SYSTEM.test(mediaType));
}

/** A repository in which what refers to another manifest, and would run, is not there. */
export function withoutRunnable(repository: Repository): Repository {
  return {
    ...repository,
    pullManifest: async (reference) => {
      const raw = await repository.pullManifest(reference);
      const parsed = raw && parseManifest(raw);
      return parsed?.subject && isRunnable(parsed) ? undefined : raw;
    },
  };
}

/**
 * Pulls what the registry's list names for a subject, in list order; what cannot be read is left out.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 * @throws {OciError} {HttpError} where the list itself cannot be read
 */
export async function pullAttached(repository: Repository, subject: Digest): Promise<Attached[]> {
  const { descriptors } = await repository.listReferrers(subject);
  const candidates = descriptors.slice(0, MAX_REFERRERS);
  const attached: Attached[] = [];
  for (let from = 0; from < candidates.length; from += MANIFESTS_AT_ONCE) {
    const group = candidates.slice(from, from + MANIFESTS_AT_ONCE);
    const pulled = await Promise.all(group.map(({ digest }) => pullOne(repository, subject, digest)));
    attached.push(...pulled.flatMap((one) => one ?? []));
  }
  return attached;
}

/** A referrer of this subject; undefined where it is none, or cannot be read. */
export async function pullOne(repository: Repository, subject: Digest, digest: Digest): Promise<Attached | undefined> {
  try {
    const raw = await repository.pullManifest(digest);
    if (!raw) return undefined;
    const parsed = parseManifest(raw);
    if (parsed.subject?.digest !== subject) return undefined;
    return { raw, parsed, descriptor: describe(raw, parsed) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return undefined;
  }
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
function describe({ mediaType, digest, size }: RawManifest, parsed: ParsedManifest): Descriptor {
  const artifactType = parsed.artifactType ?? (parsed.kind === 'image' ? parsed.config.mediaType : undefined);
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed.annotations ? { annotations: parsed.annotations } : {}),
  };
}
