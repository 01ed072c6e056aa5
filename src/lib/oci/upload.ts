import { createHash } from 'node:crypto';
import { piecesOf } from '../body.ts';
import { HttpError } from '../http-error.ts';
import { headBlob } from './blob-head.ts';
import type { RepositoryContext } from './context.ts';
import { type Digest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { pushWhole } from './push-blob.ts';
import { isTruncated } from './repeat.ts';
import { UploadSession, type UploadState } from './upload-session.ts';

/** An upload that the registry lost is begun anew this often. */
const UPLOAD_TRIES = 3;
/** How often a source may break off before it gave a whole chunk. */
const SOURCE_TRIES = 3;
/** What a registry may demand as the size of a chunk: it is held in memory. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/** Where a blob's bytes come from. */
export interface BlobSource {
  /** A blob as a stream, from `offset` on; redirects are followed, without credentials where they leave the registry. */
  openBlob(digest: Digest, offset?: number): Promise<Response>;
}

export interface CopyOptions {
  /** The most that is sent, and held in memory, at a time; a registry may demand more. */
  readonly chunkBytes: number;
  /** What `onProgress` was told before an interruption; an upload that is no more there is begun anew. */
  readonly resume?: UploadState;
  /**
   * Told, and waited for, where an upload begins and after each chunk. Where the copy then fails with an `HttpError`,
   * the upload stays for a later `resume`; after any other error it is gone.
   */
  readonly onProgress?: (state: UploadState) => Promise<void>;
}

export interface BlobCopy extends CopyOptions {
  readonly digest: Digest;
  /** Bytes in all. */
  readonly size: number;
  readonly from: BlobSource;
}

/**
 * Copies a blob, no more than a chunk of it in memory.
 *
 * What was read is hashed by us, and nothing is committed where it is not the digest. No hash outlives a process: a
 * copy that goes on with another one's upload relies on the registry's check at the commit, and on a HEAD after it.
 *
 * @throws {OciError} DIGEST_MISMATCH, UPLOAD_LOST
 * @throws {HttpError} BODY_TRUNCATED where the source keeps breaking off
 */
export async function copyBlob(context: RepositoryContext, copy: BlobCopy): Promise<void> {
  if (!copy.resume && copy.size <= copy.chunkBytes) return copyWhole(context, copy);
  for (let tries = 1; ; tries += 1) {
    try {
      const { resume: _, ...afresh } = copy;
      return await copyInChunks(context, tries === 1 ? copy : afresh);
    } catch (error) {
      if (!(error instanceof OciError) || error.code !== 'UPLOAD_LOST' || tries >= UPLOAD_TRIES) throw error;
    }
  }
}

/** A blob of one chunk is checked before anything is sent. */
async function copyWhole(context: RepositoryContext, copy: BlobCopy): Promise<void> {
  let bytes = new Uint8Array(0);
  for await (const chunk of chunksOf(readFrom(copy, 0), Math.max(1, copy.size))) bytes = chunk;
  if ((await sha256(bytes)) !== copy.digest) throw new OciError('DIGEST_MISMATCH', `${copy.digest}: other bytes`);
  await pushWhole(context, copy.digest, bytes);
}

async function copyInChunks(context: RepositoryContext, copy: BlobCopy): Promise<void> {
  const { digest, size, resume, onProgress } = copy;
  const session =
    (resume && (await UploadSession.resume(context, digest, resume, size))) ??
    (await UploadSession.start(context, digest));
  const { offset } = session.state;
  const hash = offset === 0 ? createHash('sha256') : undefined;
  const chunkBytes = Math.max(copy.chunkBytes, session.minChunkBytes);
  try {
    if (chunkBytes > MAX_CHUNK_BYTES && chunkBytes > copy.chunkBytes)
      throw new OciError('UNSUPPORTED', `${context.host} takes no chunk below ${chunkBytes} bytes`);
    await onProgress?.(session.state);
    for await (const chunk of chunksOf(readFrom(copy, offset), chunkBytes)) {
      hash?.update(chunk);
      await session.append(chunk);
      await onProgress?.(session.state);
    }
    if (hash && `sha256:${hash.digest('hex')}` !== digest)
      throw new OciError('DIGEST_MISMATCH', `${digest}: other bytes`);
    await session.commit();
  } catch (error) {
    if (!onProgress || !(error instanceof HttpError)) await session.cancel();
    throw error;
  }
  if (!hash && !(await headBlob(context, digest)))
    throw new OciError('UPLOAD_LOST', `${digest}: committed, but not there`);
}

/**
 * The source's bytes from an offset on; one that breaks off is opened again where it did.
 *
 * @throws {OciError} DIGEST_MISMATCH where there are more than there should be
 */
async function* readFrom({ digest, size, from, chunkBytes }: BlobCopy, offset: number): AsyncGenerator<Uint8Array> {
  let at = offset;
  for (let tries = 1; at < size; ) {
    const opened = at;
    try {
      for await (const piece of piecesOf(await from.openBlob(digest, at))) {
        at += piece.byteLength;
        if (at > size) throw new OciError('DIGEST_MISMATCH', `${digest}: more than ${size} bytes came`);
        yield piece;
      }
    } catch (error) {
      if (!isTruncated(error)) throw error;
    }
    if (at - opened >= chunkBytes) tries = 0;
    if (at < size && tries >= SOURCE_TRIES)
      throw new HttpError('BODY_TRUNCATED', `${digest}: ${at} of ${size} bytes came`);
    tries += 1;
  }
}

/** The bytes in pieces of `size`, the last one shorter; each is valid until the next is asked for. */
async function* chunksOf(pieces: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    let rest = piece;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, size - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled < size) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
