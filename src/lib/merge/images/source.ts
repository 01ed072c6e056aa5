import type { Descriptor, Platform } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import { formatPlatform, MAX_CONFIG_BYTES, platformOfConfig } from '../../oci/platform.ts';
import type { Repository } from '../../oci/repository.ts';
import { settleSoon } from '../../side-by-side.ts';
import { MergeError } from '../error.ts';
import type { Target } from '../types.ts';

/** How long other places are waited for once one has a manifest, in milliseconds: one that hangs is as one that has none. */
const GRACE_MS = 5_000;

/** What a leg is, read from the registry. */
export interface Leg {
  readonly manifest: RawManifest;
  readonly platform: Platform | undefined;
  /** What it adds to the index. */
  readonly descriptors: readonly Descriptor[];
  /** Every place that has it. */
  readonly holders: readonly Repository[];
}

/** Every repository that may hold a leg: the targets' own and their sources. */
export function placesOf(targets: readonly Target[]): Repository[] {
  return targets.flatMap(({ repository, source, skipped }) =>
    skipped === undefined ? [repository, ...(source ? [source] : [])] : [],
  );
}

interface Found {
  readonly manifest: RawManifest;
  readonly place: Repository;
  readonly holders: readonly Repository[];
}

/**
 * A manifest, and the places that hold it, the first of them `place`; asked side by side, since a build pushes to several.
 *
 * @returns undefined where every place answered that it has none
 * @throws {HttpError} where none has it and one could not be asked
 */
export async function findManifest(places: readonly Repository[], digest: Digest): Promise<Found | undefined> {
  const asked = places.map((place) => place.pullManifest(digest));
  const answers = await settleSoon(asked, (manifest) => manifest !== undefined, GRACE_MS);
  const found = answers.flatMap((answer, at) => {
    const place = places[at];
    return answer?.status === 'fulfilled' && answer.value && place ? [{ manifest: answer.value, place }] : [];
  });
  const [first] = found;
  if (first) return { ...first, holders: found.map(({ place }) => place) };
  const failed = answers.find((answer) => answer?.status === 'rejected');
  if (failed) throw failed.reason;
  return undefined;
}

/**
 * Reads a leg: an image, or an index with exactly one image besides attestation manifests.
 *
 * @throws {MergeError} SOURCE_NOT_FOUND, INDEX_UNSUPPORTED
 */
export async function readLeg(places: readonly Repository[], digest: Digest): Promise<Leg> {
  const found = await findManifest(places, digest);
  if (!found) throw new MergeError('SOURCE_NOT_FOUND', `${digest} is in none of ${places.map(nameOf).join(', ')}`);
  const { manifest, place, holders } = found;
  const parsed = parseManifest(manifest);
  if (parsed.kind === 'image') {
    const config = await place.pullBlob(parsed.config.digest, MAX_CONFIG_BYTES);
    const platform = platformOfConfig(config);
    return { manifest, platform, descriptors: [describe(manifest, platform)], holders };
  }
  const images = parsed.manifests.filter((descriptor) => !isAttestation(descriptor));
  const [image] = images;
  if (images.length !== 1 || !image) {
    throw new MergeError(
      'INDEX_UNSUPPORTED',
      `${digest} is an index of ${images.length} images; a leg has exactly one`,
    );
  }
  const platform = await platformOfChild(place, image.digest);
  return { manifest, platform, descriptors: parsed.manifests, holders };
}

/** Whether a descriptor is BuildKit's attestation of another one. @see https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
}

async function platformOfChild(place: Repository, digest: Digest): Promise<Platform | undefined> {
  const manifest = await place.pullManifest(digest);
  const parsed = manifest && parseManifest(manifest);
  if (parsed?.kind !== 'image') throw new MergeError('INDEX_UNSUPPORTED', `${digest} is not an image`);
  return platformOfConfig(await place.pullBlob(parsed.config.digest, MAX_CONFIG_BYTES));
}

function describe(manifest: RawManifest, platform: Platform | undefined): Descriptor {
  const { mediaType, digest, size } = manifest;
  return { mediaType, digest, size, ...(platform ? { platform } : {}) };
}

/** @throws {MergeError} PLATFORM_MISMATCH where an image is not for the platform it was reported as */
export function checkPlatform(leg: Leg, expected: Platform | undefined, platformTag: string): void {
  if (!expected) return;
  const wanted = formatPlatform(expected);
  const actual = leg.platform ? formatPlatform(leg.platform) : 'no platform';
  if (actual !== wanted)
    throw new MergeError('PLATFORM_MISMATCH', `reported as ${platformTag} (${wanted}), the image is for ${actual}`);
}

/** Sees that what an index names is there. @throws {MergeError} SELF_VERIFICATION_FAILED */
export async function requireManifests(repository: Repository, children: readonly Digest[]): Promise<void> {
  const heads = await Promise.all(children.map((child) => repository.headManifest(child)));
  const missing = children.find((_, at) => heads[at] === undefined);
  if (missing !== undefined) throw new MergeError('SELF_VERIFICATION_FAILED', `${missing}: the manifest is not there`);
}

export function nameOf(repository: Repository): string {
  return `${repository.host}/${repository.name}`;
}
