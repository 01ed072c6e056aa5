import { HttpError } from '../http.ts';
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

/** Copies a manifest with all it names into a repository, unless it is there. Safe to repeat: everything goes by digest. */
export async function copyManifest(
  digest: Digest,
  into: Repository,
  places: readonly Repository[],
  chunkBytes: number,
): Promise<number> {
  if (await into.headManifest(digest)) return 0;
  const others = places.filter((place) => nameOf(place) !== nameOf(into));
  const found = await findManifest(others, digest);
  if (!found) throw new MergeError('SOURCE_GONE', `${digest} is in no configured repository any more; build it again`);
  const parsed = parseManifest(found.manifest);
  if (parsed.kind === 'index') {
    await Promise.all(parsed.manifests.map((child) => copyManifest(child.digest, into, places, chunkBytes)));
  } else {
    const blobs = new Map([parsed.config, ...parsed.layers].map((blob) => [blob.digest, blob]));
    await Promise.all([...blobs.values()].map((blob) => copyBlob(blob, into, others, chunkBytes)));
  }
  await into.pushManifest(digest, found.manifest);
  return 1;
}

async function copyBlob(
  blob: Descriptor,
  into: Repository,
  others: readonly Repository[],
  chunkBytes: number,
): Promise<void> {
  if (await into.hasBlob(blob.digest)) return;
  const near = others.filter((place) => place.host === into.host);
  for (const place of near) {
    if (await into.mountBlob(blob.digest, place.name)) return;
  }
  for (const place of [...near, ...others.filter((other) => other.host !== into.host)]) {
    if (await hasBlobQuietly(place, blob.digest)) return into.copyBlob(blob.digest, blob.size, place, { chunkBytes });
  }
  throw new MergeError(
    'SOURCE_GONE',
    `the blob ${blob.digest} is in no configured repository any more; build its image again`,
  );
}

/** A place that cannot be asked is passed over: another one may heal the copy. */
async function hasBlobQuietly(place: Repository, digest: Digest): Promise<boolean> {
  try {
    return await place.hasBlob(digest);
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

export function nameOf(repository: Repository): string {
  return `${repository.host}/${repository.name}`;
}
