import { createHash } from 'node:crypto';
import { piecesOf } from '../../body.ts';
import { HttpError } from '../../http-error.ts';
import type { Digest } from '../../oci/digest.ts';
import { OciError } from '../../oci/error.ts';
import type { Window } from './range.ts';

export interface BlobStreamOptions {
  readonly digest: Digest;
  /** Of the whole blob, in bytes, as the manifest that names it has it. */
  readonly size: number;
  /** What of it is wanted. */
  readonly window: Window;
  /** Hears why a stream was broken off. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Streams a window of a blob from an answer that holds all of it. The last piece is held back until every byte was
 * hashed, so that wrong bytes never make a complete body: the stream is broken off instead.
 */
export function streamVerified(response: Response, options: BlobStreamOptions): ReadableStream<Uint8Array> {
  const { digest, size, window, onFailure } = options;
  const stream = new FixedLengthStream(window.to - window.from);
  const pump = async (writer: WritableStreamDefaultWriter<Uint8Array>) => {
    const hash = createHash('sha256');
    let offset = 0;
    let held: Uint8Array | undefined;
    for await (const piece of piecesOf(response)) {
      hash.update(piece);
      const part = piece.subarray(Math.max(0, window.from - offset), Math.max(0, window.to - offset));
      offset += piece.byteLength;
      if (offset > size) throw new OciError('DIGEST_MISMATCH', `blob ${digest} is longer than ${size} bytes`);
      if (part.byteLength === 0) continue;
      if (held) await writer.write(held);
      held = part;
    }
    if (offset !== size) throw new HttpError('BODY_TRUNCATED', `blob ${digest}: ${offset} of ${size} bytes came`);
    if (`sha256:${hash.digest('hex')}` !== digest)
      throw new OciError('DIGEST_MISMATCH', `blob ${digest}: the bytes are others`);
    if (held) await writer.write(held);
  };
  run(stream.writable, pump, onFailure);
  return stream.readable;
}

/**
 * Streams an answer that holds just the window: its bytes are counted. They cannot be hashed; whoever puts the parts
 * of a blob together checks its digest.
 */
export function streamCounted(response: Response, options: BlobStreamOptions): ReadableStream<Uint8Array> {
  const { digest, window, onFailure } = options;
  const length = window.to - window.from;
  const stream = new FixedLengthStream(length);
  const pump = async (writer: WritableStreamDefaultWriter<Uint8Array>) => {
    let offset = 0;
    for await (const piece of piecesOf(response)) {
      offset += piece.byteLength;
      if (offset > length) throw new OciError('DIGEST_MISMATCH', `blob ${digest}: a range is longer than was asked`);
      await writer.write(piece);
    }
    if (offset !== length) throw new HttpError('BODY_TRUNCATED', `blob ${digest}: ${offset} of ${length} bytes came`);
  };
  run(stream.writable, pump, onFailure);
  return stream.readable;
}

function run(
  writable: WritableStream<Uint8Array>,
  pump: (writer: WritableStreamDefaultWriter<Uint8Array>) => Promise<void>,
  onFailure: (error: unknown) => void,
): void {
  const writer = writable.getWriter();
  pump(writer)
    .then(() => writer.close())
    .catch(async (error) => {
      onFailure(error);
      // A client that went away has closed it already.
      await writer.abort(error).catch(() => undefined);
    });
}
