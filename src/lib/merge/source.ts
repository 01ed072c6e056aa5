import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest, type RawManifest } from '../oci/manifest.ts';
import { formatPlatform, platformOfConfig } from '../oci/platform.ts';
import type { Repository } from '../oci/repository.ts';
import { MergeError } from './error.ts';
import type { Target } from './types.ts';

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** What a leg is, read from the registry. */
export interface Leg {
  readonly manifest: RawManifest;
  readonly platform: Platform | undefined;
  /** What it adds to the index. */
  readonly descriptors: readonly Descriptor[];
}

/** Every repository that may hold a leg: the targets' own and their sources. */
export function placesOf(targets: readonly Target[]): Repository[] {
  return targets.flatMap(({ repository, source, skipped }) =>
    skipped === undefined ? [repository, ...(source ? [source] : [])] : [],
  );
}

/**
 * The first place that holds a manifest; asked side by side, since a build pushes to several.
 *
 * @returns undefined where every place answered that it has none
 * @throws {HttpError} where none has it and one could not be asked
 */
export async function findManifest(
  places: readonly Repository[],
  digest: Digest,
): Promise<{ manifest: RawManifest; place: Repository } | undefined> {
  const answers = await Promise.allSettled(places.map((place) => place.pullManifest(digest)));
  for (const [index, answer] of answers.entries()) {
    const place = places[index];
    if (answer.status === 'fulfilled' && answer.value && place) return { manifest: answer.value, place };
  }
  const failed = answers.find((answer) => answer.status === 'rejected');
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
  const { manifest, place } = found;
  const parsed = parseManifest(manifest);
  if (parsed.kind === 'image') {
    const config = await place.pullBlob(parsed.config.digest, MAX_CONFIG_BYTES);
    const platform = platformOfConfig(config);
    return { manifest, platform, descriptors: [describe(manifest, platform)] };
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
  return { manifest, platform, descriptors: parsed.manifests };
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

export function nameOf(repository: Repository): string {
  return `${repository.host}/${repository.name}`;
}
