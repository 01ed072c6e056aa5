import { CodedError } from '../../error.ts';
import { createGate, type Gate } from '../../http.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import { sideBySide } from '../../side-by-side.ts';
import { MergeError } from '../error.ts';
import type { Presence } from './presence.ts';
import { findManifest, nameOf } from './source.ts';
import type { UploadJournal } from './uploads.ts';

/** Blobs that are copied into one repository at a time: each holds a chunk in memory. */
const COPIES_AT_ONCE = 2;
/** Blobs of one image that are looked for, or taken over from next door, at a time. */
const BLOBS_AT_ONCE = 6;
/** Manifests that are looked for at a time. */
const MANIFESTS_AT_ONCE = 6;
/** Images that are copied into one repository at a time, so that what is interrupted leaves whole ones behind. */
const IMAGES_AT_ONCE = 2;

/** An image that is wanted somewhere. */
export interface WantedImage {
  readonly digest: Digest;
  /** The platform tag of the leg that it belongs to: who must build it again, should it be gone. */
  readonly leg: string;
}

export interface Copying {
  readonly into: Repository;
  /** Where to look for what is missing. */
  readonly places: readonly Repository[];
  /** The most that is sent, and held in memory, at a time; in bytes. */
  readonly chunkBytes: number;
  /** Absent: what is interrupted begins anew. */
  readonly uploads?: UploadJournal;
  /** What is known to be there. */
  readonly presence?: Pick<Presence, 'has'>;
}

type CopyingBlobs = Copying & {
  /** What the bytes belong to. */
  readonly image: WantedImage;
  readonly gate: Gate;
  /** Blobs on their way: images share layers, and an upload has one writer. */
  readonly underWay: Map<Digest, Promise<void>>;
};

/**
 * Copies manifests with all they name into a repository, unless they are there. Safe to repeat: everything goes by
 * digest. When it fails, nothing of it is under way any more.
 *
 * @returns how many were not there
 * @throws {MergeError} SOURCE_GONE, which names the digest and the leg to build again
 */
export async function copyImages(images: readonly WantedImage[], copying: Copying): Promise<number> {
  const shared = { gate: createGate(COPIES_AT_ONCE), underWay: new Map<Digest, Promise<void>>() };
  const digests = images.map(({ digest }) => digest);
  const missing = new Set(await missingOf(digests, copying));
  const wanted = images.filter(({ digest }) => missing.has(digest));
  await sideBySide(wanted, IMAGES_AT_ONCE, (image) => copyManifest(image.digest, { ...copying, ...shared, image }));
  return wanted.length;
}

/** Copies all that a manifest names, but not the manifest: for one that is at hand, and known to be missing. */
export function copyContents(manifest: RawManifest, image: WantedImage, copying: Copying): Promise<void> {
  const shared = { gate: createGate(COPIES_AT_ONCE), underWay: new Map<Digest, Promise<void>>() };
  return bringContents(manifest, { ...copying, ...shared, image });
}

/** The manifests that are not there yet. */
async function missingOf(digests: readonly Digest[], { into, presence }: Copying): Promise<Digest[]> {
  const found = await sideBySide(
    digests,
    MANIFESTS_AT_ONCE,
    async (digest) => presence?.has(into, digest) || (await into.headManifest(digest)) !== undefined,
  );
  return digests.filter((_, at) => !found[at]);
}

async function copyManifest(digest: Digest, copying: CopyingBlobs): Promise<void> {
  const found = await findManifest(othersOf(copying), digest);
  if (!found) throw gone('manifest', digest, copying.image);
  await bringContents(found.manifest, copying);
  await copying.into.pushManifest(digest, found.manifest);
}

function othersOf({ into, places }: Copying): Repository[] {
  return places.filter((place) => nameOf(place) !== nameOf(into));
}

async function bringContents(manifest: RawManifest, copying: CopyingBlobs): Promise<void> {
  const parsed = parseManifest(manifest);
  if (parsed.kind === 'index') {
    const children = await missingOf(
      parsed.manifests.map((child) => child.digest),
      copying,
    );
    await sideBySide(children, IMAGES_AT_ONCE, (child) => copyManifest(child, copying));
  } else {
    await sideBySide([parsed.config, ...parsed.layers], BLOBS_AT_ONCE, (blob) =>
      bringOnce(blob, { ...copying, places: othersOf(copying) }),
    );
  }
}

function gone(what: 'manifest' | 'blob', digest: Digest, image: WantedImage): MergeError {
  const owner = digest === image.digest ? '' : ` of ${image.digest}`;
  const detail = `the ${what} ${digest}${owner} is in no configured repository any more; build ${image.leg} again`;
  return new MergeError('SOURCE_GONE', detail);
}

/** A blob that several images name is brought once. */
function bringOnce(blob: Descriptor, copying: CopyingBlobs): Promise<void> {
  const { underWay } = copying;
  const brought = underWay.get(blob.digest) ?? bringBlob(blob, copying);
  underWay.set(blob.digest, brought);
  return brought;
}

/** Mounts a blob from next door, or copies it from whichever place has it. */
async function bringBlob(blob: Descriptor, copying: CopyingBlobs): Promise<void> {
  const { into, places } = copying;
  if (await into.hasBlob(blob.digest)) return;
  const near = places.filter((place) => place.host === into.host);
  for (const place of near) {
    if (await into.mountBlob(blob.digest, place.name)) return;
  }
  await copying.gate(() => copyFromAny(blob, [...near, ...places.filter((other) => !near.includes(other))], copying));
}

/** A place that fails, or gives other bytes, is passed over: another one may heal the copy. */
async function copyFromAny(blob: Descriptor, places: readonly Repository[], copying: CopyingBlobs): Promise<void> {
  let failure: CodedError | undefined;
  for (const place of places) {
    try {
      if (await place.hasBlob(blob.digest)) return await copyBlob(blob, place, copying);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? gone('blob', blob.digest, copying.image);
}

async function copyBlob({ digest, size }: Descriptor, from: Repository, copying: CopyingBlobs): Promise<void> {
  const { into, chunkBytes, uploads } = copying;
  const name = nameOf(into);
  if (!uploads || size <= chunkBytes || !uploads.claim(name, digest))
    return into.copyBlob(digest, size, from, { chunkBytes });
  try {
    const resume = uploads.load(name, digest);
    await into.copyBlob(digest, size, from, {
      chunkBytes,
      ...(resume ? { resume } : {}),
      onProgress: async (state) => uploads.store(name, digest, state),
    });
    uploads.store(name, digest);
  } finally {
    uploads.release(name, digest);
  }
}
