import type { Platform } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { OciError } from '../oci/error.ts';
import { type ParsedManifest, parseManifest, type RawManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { formatPlatform, MAX_CONFIG_BYTES, normalisePlatform, platformOfConfig } from '../oci/platform.ts';
import type { Repository } from '../oci/repository.ts';

/** An index of more than this is not verified: each child costs at least two requests. */
const MAX_CHILDREN = 128;

/** A manifest that must be signed. */
export interface Subject {
  readonly digest: Digest;
  /** `os/architecture/variant`, of a child that has one; `unknown/unknown` for a build's attestations. */
  readonly platform?: string;
  /** Where they were pulled already. */
  readonly bytes?: Uint8Array;
}

/** What a reference names, and what of it must be signed, the index first. */
export interface ResolvedImage {
  readonly found: true;
  /** What a client is to pull: the platform's child, else what the reference names. */
  readonly digest: Digest;
  readonly index_digest?: Digest;
  readonly platform?: string;
  readonly subjects: readonly Subject[];
}
export interface NotFound {
  readonly found: false;
  readonly code: 'IMAGE_NOT_FOUND' | 'PLATFORM_NOT_FOUND';
  readonly detail: string;
}

/**
 * Asks once what a tag names; undefined where it is not there. From then on only the digest is used, so that a tag
 * which moves meanwhile changes nothing.
 */
export async function resolveReference(repository: Repository, reference: string): Promise<Digest | undefined> {
  return isDigest(reference) ? reference : (await repository.headManifest(reference))?.digest;
}

/**
 * Lists what must be signed for an image: with a platform its child and the index, else the index and every child,
 * a build's attestation manifests among them.
 *
 * @throws {OciError} MANIFEST_INVALID also for an index within the index, whose children nobody would check
 */
export async function resolveSubjects(
  repository: Repository,
  reference: string,
  platform: Platform | undefined,
): Promise<ResolvedImage | NotFound> {
  const digest = await resolveReference(repository, reference);
  const raw = digest && (await repository.pullManifest(digest));
  if (!raw)
    return { found: false, code: 'IMAGE_NOT_FOUND', detail: `${repository.host}/${repository.name} has no such image` };
  const parsed = parseManifest(raw);
  const wanted = platform && formatPlatform(normalisePlatform(platform));
  if (parsed.kind === 'index') return selectChildren(raw, parsed, wanted);
  if (wanted !== undefined && (await platformOf(repository, parsed)) !== wanted) return lacks(wanted);
  const root = { digest: raw.digest, bytes: raw.bytes, ...(wanted === undefined ? {} : { platform: wanted }) };
  return { found: true, subjects: [root], digest: raw.digest, ...(wanted === undefined ? {} : { platform: wanted }) };
}

function selectChildren(
  raw: RawManifest,
  { manifests }: Extract<ParsedManifest, { kind: 'index' }>,
  wanted: string | undefined,
): ResolvedImage | NotFound {
  if (manifests.length > MAX_CHILDREN)
    throw new OciError('MANIFEST_INVALID', `an index of more than ${MAX_CHILDREN} manifests is not verified`);
  const children = manifests.map(({ digest, mediaType, platform }) => ({
    digest,
    mediaType,
    ...(platform ? { platform: formatPlatform(normalisePlatform(platform)) } : {}),
  }));
  const child = wanted === undefined ? undefined : children.find(({ platform }) => platform === wanted);
  if (wanted !== undefined && !child) return lacks(wanted);
  const selected = child ? [child] : children;
  if (selected.some(({ mediaType }) => isIndexType(mediaType)))
    throw new OciError('MANIFEST_INVALID', 'an index within an index is not verified');
  const root = { digest: raw.digest, bytes: raw.bytes };
  const unique = new Map<Digest, Subject>([[root.digest, root]]);
  for (const { mediaType: _, ...subject } of selected)
    unique.set(subject.digest, unique.get(subject.digest) ?? subject);
  return {
    found: true,
    digest: child?.digest ?? raw.digest,
    index_digest: raw.digest,
    ...(wanted === undefined ? {} : { platform: wanted }),
    subjects: [...unique.values()],
  };
}

async function platformOf(
  repository: Repository,
  { config }: Extract<ParsedManifest, { kind: 'image' }>,
): Promise<string | undefined> {
  const platform = platformOfConfig(await repository.pullBlob(config.digest, MAX_CONFIG_BYTES));
  return platform && formatPlatform(platform);
}

function lacks(platform: string): NotFound {
  return { found: false, code: 'PLATFORM_NOT_FOUND', detail: `the image has no ${platform}` };
}
