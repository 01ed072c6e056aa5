import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { streamLines } from '../../src/routes/event-stream.ts';

const chunksOf = (...chunks: string[]) =>
  new Blob([]).stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      flush: (controller) => {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      },
    }),
  );

async function read(chunks: readonly string[], accept: string, options?: Parameters<typeof streamLines>[2]) {
  const app = new Hono().get('/', (c) => streamLines(c, chunksOf(...chunks), options));
  return (await app.request('/', { headers: { Accept: accept } })).text();
}

describe('streamLines', () => {
  it('writes whole lines, however they were cut', async () => {
    expect(await read(['{"a":', '1}\n{"b"', ':2}\n'], 'application/x-ndjson')).toBe('{"a":1}\n{"b":2}\n');
  });
  it('writes an event a line', async () => {
    expect(await read(['1\n2\n'], 'text/event-stream')).toBe('data: 1\n\ndata: 2\n\n');
  });
  it('begins with what came before, and leaves out what nobody wants', async () => {
    const options = { before: [{ a: 0 }], wants: (line: string) => line !== '2' };
    expect(await read(['1\n2\n'], 'application/x-ndjson', options)).toBe('{"a":0}\n1\n');
  });
});
