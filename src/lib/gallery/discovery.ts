import { CodedError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ParsedManifest, parseManifest } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { referrersTag } from '../oci/referrers.ts';
import type { Repository } from '../oci/repository.ts';

const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle\.[^/;\s]+\+json$/;
const LEGACY_TYPE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
/** Referrers of one subject that are looked into; each may cost a manifest. */
const MAX_REFERRERS = 64;
/** Of all subjects of one image: each child may have a signature, an SBOM and a provenance. */
const MAX_REFERRERS_OF_IMAGE = 512;
/** Manifests in memory at a time: up to 4 MiB each, whatever their descriptors say. */
const MANIFESTS_AT_ONCE = 6;
/** What another try would find again: the candidate is no bundle, and says nothing about the others. */
const UNUSABLE = new Set(['MANIFEST_INVALID', 'DIGEST_MISMATCH', 'DIGEST_INVALID', 'BODY_TOO_LARGE']);

/** A Sigstore bundle that refers to a subject; not read yet. */
export interface AttachedBundle {
  /** Of the manifest that attaches it. */
  readonly manifest: Digest;
  /** The bundle itself: a blob, its size in bytes as the manifest has it. */
  readonly layer: Descriptor;
}

/** What clients are shown as a bundle: the first layer of its manifest, whatever it is, and whatever it refers to. */
export type ListedBundle = { readonly layer: Descriptor } | { readonly failure: unknown };

/** What is attached to a subject. */
export interface Discovery {
  /** In list order. */
  readonly bundles: readonly AttachedBundle[];
  /** In list order; what could not be read keeps its place, for a client would have ended there. */
  readonly listedBundles: readonly ListedBundle[];
  /** A signature of cosign's old format is there; only looked for where there is no bundle. */
  readonly legacy: boolean;
  /** The list is longer than what was looked into. */
  readonly truncated: boolean;
  /** The first error that kept a candidate from being read and that another try may mend: nothing is missing for sure. */
  readonly failure?: unknown;
}

/** How many more referrers may be looked into; shared by the subjects of an image. */
export interface Allowance {
  left: number;
}

/** What one image may cost: anybody can attach anything to an image of their own, and have it verified. */
export function createAllowance(): Allowance {
  return { left: MAX_REFERRERS_OF_IMAGE };
}

/** Whether a media type is that of a Sigstore bundle. @see https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md */
export function isBundleType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && BUNDLE_TYPE.test(mediaType);
}

/**
 * Finds the bundles that refer to a subject, by the registry's list and the fallback tag.
 *
 * The referrer's own manifest decides what it is: one registry lists the config's media type as `artifactType`.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 * @throws {OciError} where the list itself cannot be read
 */
export async function discoverBundles(
  repository: Repository,
  subject: Digest,
  allowance: Allowance = createAllowance(),
): Promise<Discovery> {
  const { descriptors, shown } = await repository.listReferrers(subject);
  const shownBundles = new Set(
    shown.flatMap(({ digest, artifactType }) => (isBundleType(artifactType) ? [digest] : [])),
  );
  const manifests = descriptors.filter(({ mediaType }) => isManifestType(mediaType));
  const candidates = manifests.slice(0, Math.min(MAX_REFERRERS, allowance.left));
  allowance.left -= candidates.length;
  const examined: Examined[] = [];
  for (let from = 0; from < candidates.length; from += MANIFESTS_AT_ONCE) {
    const group = candidates.slice(from, from + MANIFESTS_AT_ONCE);
    examined.push(
      ...(await Promise.all(group.map(({ digest }) => examine(repository, subject, digest, shownBundles.has(digest))))),
    );
  }
  const bundles = examined.flatMap(({ bundle }) => (bundle ? [bundle] : []));
  const failed = examined.find(({ failure }) => failure !== undefined);
  const legacy =
    bundles.length === 0 && (examined.some((found) => found.legacy) || (await hasLegacyTag(repository, subject)));
  return {
    bundles,
    listedBundles: examined.flatMap(({ listed }) => (listed ? [listed] : [])),
    legacy,
    truncated: candidates.length < manifests.length,
    ...(failed ? { failure: failed.failure } : {}),
  };
}

interface Examined {
  readonly listed?: ListedBundle;
  readonly bundle?: AttachedBundle;
  readonly legacy?: boolean;
  readonly failure?: unknown;
}

async function examine(
  repository: Repository,
  subject: Digest,
  digest: Digest,
  isShownAsBundle: boolean,
): Promise<Examined> {
  try {
    const manifest = await pullImageManifest(repository, digest);
    const [first] = manifest?.layers ?? [];
    const listed = first && isShownAsBundle ? { listed: { layer: first } } : {};
    if (manifest?.subject?.digest !== subject) return listed;
    const layer = bundleLayer(manifest);
    if (layer) return { ...listed, bundle: { manifest: digest, layer } };
    return { ...listed, legacy: (manifest.artifactType ?? manifest.config.mediaType) === LEGACY_TYPE };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (UNUSABLE.has(error.code)) return {};
    return { failure: error, ...(isShownAsBundle ? { listed: { failure: error } } : {}) };
  }
}

type ImageManifest = Extract<ParsedManifest, { kind: 'image' }>;

/**
 * Pulls a manifest that attaches something to this subject; undefined where it is not there, or refers to another.
 *
 * @throws {OciError} MANIFEST_INVALID, DIGEST_MISMATCH
 */
export async function pullReferrer(
  repository: Repository,
  subject: Digest,
  digest: Digest,
): Promise<ImageManifest | undefined> {
  const manifest = await pullImageManifest(repository, digest);
  return manifest?.subject?.digest === subject ? manifest : undefined;
}

async function pullImageManifest(repository: Repository, digest: Digest): Promise<ImageManifest | undefined> {
  const raw = await repository.pullManifest(digest);
  const parsed = raw && parseManifest(raw);
  return parsed?.kind === 'image' ? parsed : undefined;
}

/** The layer that is a bundle, where there is one. */
export function bundleLayer({ layers }: ImageManifest): Descriptor | undefined {
  return layers.find(({ mediaType }) => isBundleType(mediaType));
}

/** @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery */
async function hasLegacyTag(repository: Repository, subject: Digest): Promise<boolean> {
  return (await repository.headManifest(`${referrersTag(subject)}.sig`)) !== undefined;
}
