import { describe, expect, it } from 'vitest';
import { createPieceReader } from '../../src/lib/piece-reader.ts';

/** Bytes that tell where they are from. */
const bytesOf = (length: number) => new Uint8Array(length).map((_, at) => (at * 7 + (at >> 8)) % 256);

async function readAll(body: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const reader = createPieceReader(body);
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); piece; piece = await reader.read()) pieces.push(piece);
  return pieces;
}

/** A body as the network gives it: each write arrives by itself. */
function arriving(writes: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const write = async () => {
    for (const part of writes) await writer.write(part.slice());
    await writer.close();
  };
  write().catch(() => undefined);
  return readable;
}

describe('createPieceReader', () => {
  it('reads far more at a time than the runtime would give', async () => {
    const body = new Response(bytesOf(1_000_000)).body as ReadableStream<Uint8Array>;
    const pieces = await readAll(body);
    expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytesOf(1_000_000)));
    expect(pieces.length).toBeLessThan(20);
  });

  it('gives what arrives as it arrives, in order', async () => {
    const sizes = [1, 60_000, 3, 40_000, 65_536, 65_537, 2, 30_000];
    const whole = bytesOf(sizes.reduce((sum, size) => sum + size));
    let at = 0;
    const writes = sizes.map((size) => {
      at += size;
      return whole.subarray(at - size, at);
    });
    const pieces = await readAll(arriving(writes));
    expect(Buffer.concat(pieces)).toEqual(Buffer.from(whole));
    expect(pieces[0]).toEqual(writes[0]);
  });

  it('keeps no large buffer for a small piece', async () => {
    const pieces = await readAll(arriving(Array.from({ length: 50 }, () => bytesOf(1000))));
    const kept = pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    expect(kept).toBe(50_000);
  });

  it('fills little at first, and more as more comes', async () => {
    const sizes = (await readAll(new Response(bytesOf(300_000)).body as ReadableStream<Uint8Array>)).map(
      ({ byteLength }) => byteLength,
    );
    expect(sizes.slice(0, 4)).toEqual([4096, 16_384, 65_536, 65_536]);
  });

  it('reads a stream that JavaScript made', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(bytesOf(5));
        controller.enqueue(bytesOf(100_000));
        controller.close();
      },
    });
    expect((await readAll(body)).map(({ byteLength }) => byteLength)).toEqual([5, 100_000]);
  });

  it('throws what the stream throws', async () => {
    const { readable, writable } = new IdentityTransformStream();
    const reader = createPieceReader(readable);
    const read = reader.read();
    await writable.abort(new Error('reset'));
    await expect(read).rejects.toThrow('reset');
  });

  it('ends a stream that nobody reads on', async () => {
    const { readable, writable } = new IdentityTransformStream();
    await createPieceReader(readable).cancel();
    await expect(writable.getWriter().write(bytesOf(1))).rejects.toThrow();
  });
});
