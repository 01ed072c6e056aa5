/**
 * What a read may fill, in bytes: at first little, since most bodies are small and hundreds of merges read side by side;
 * then more with each read that fills it. By itself workerd hands out 4 KiB at a time, each at the price of a turn of its
 * loop.
 */
const FIRST_BYTES = 4 * 1024;
const MOST_BYTES = 64 * 1024;
const GROWTH = 4;

/** Reads a body piece by piece. */
export interface PieceReader {
  /** The next piece, at most 64 KiB where the runtime lets us choose; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  cancel(): Promise<void>;
}

/** A reader with large pieces; of a stream that JavaScript made, which cannot fill a buffer, with its own pieces. */
export function createPieceReader(body: ReadableStream<Uint8Array>): PieceReader {
  return createFillingReader(body) ?? createPlainReader(body);
}

function createPlainReader(body: ReadableStream<Uint8Array>): PieceReader {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  return { read: async () => (await reader.read()).value, cancel: () => reader.cancel() };
}

function createFillingReader(body: ReadableStream<Uint8Array>): PieceReader | undefined {
  const reader = getFillingReader(body);
  if (!reader) return undefined;
  let room = FIRST_BYTES;
  let spare: ArrayBuffer | undefined;
  return {
    read: async () => {
      const { done, value } = await reader.read(new Uint8Array(spare ?? new ArrayBuffer(room)));
      spare = undefined;
      if (done) return undefined;
      if (value.byteLength === room) room = Math.min(MOST_BYTES, room * GROWTH);
      if (value.byteLength > value.buffer.byteLength / 2) return value;
      // Whoever keeps small pieces is not to keep a large buffer with each.
      const piece = value.slice();
      spare = value.buffer;
      return piece;
    },
    cancel: () => reader.cancel(),
  };
}

/** @see https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/ */
function getFillingReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}
