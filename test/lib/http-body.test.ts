import { describe, expect, it } from 'vitest';
import { discard, piecesOf, readBody, readJson } from '../../src/lib/body.ts';
import { bodyOf } from './fake-caller.ts';

const announce = (body: BodyInit, bytes: string) => new Response(body, { headers: { 'Content-Length': bytes } });

describe('readBody', () => {
  it('puts the pieces together', async () => {
    const bytes = await readBody(new Response(bodyOf(['ab', 'c', 'def'])), 10);
    expect(new TextDecoder().decode(bytes)).toBe('abcdef');
  });
  it('reads a body of exactly the limit', async () => {
    expect((await readBody(new Response('x'.repeat(10)), 10)).byteLength).toBe(10);
  });
  it('reads an answer without a body as empty', async () => {
    expect((await readBody(new Response(null, { status: 204 }), 10)).byteLength).toBe(0);
  });
  it('refuses a body longer than the limit, whatever was announced', async () => {
    await expect(readBody(new Response('x'.repeat(11)), 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
  it('refuses an announcement above the limit before it reads', async () => {
    await expect(readBody(announce(bodyOf([], 'silence'), '11'), 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
  it('stops reading a body that never ends', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(10));
      },
    });
    await expect(readBody(new Response(endless), 100)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(sent).toBeLessThan(20);
  });
  it('notices a body that ends early', async () => {
    await expect(readBody(announce('abc', '5'), 10)).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
  });
  it('notices a body that is longer than announced', async () => {
    await expect(readBody(announce(bodyOf(['abcdef']), '5'), 10)).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
  });
  it('notices a body that breaks off', async () => {
    await expect(readBody(new Response(bodyOf(['abc'], 'break')), 10)).rejects.toMatchObject({
      code: 'BODY_TRUNCATED',
    });
  });
  it('does not compare the length of a compressed body', async () => {
    const headers = { 'Content-Length': '3', 'Content-Encoding': 'gzip' };
    // The runtime has already unpacked it.
    const unpacked = { headers: new Headers(headers), body: bodyOf(['abcdef']) } as unknown as Response;
    expect((await readBody(unpacked, 10)).byteLength).toBe(6);
  });
});

describe('piecesOf', () => {
  const drain = async (response: Response, idleMs?: number) => {
    const pieces: number[] = [];
    for await (const piece of piecesOf(response, idleMs)) pieces.push(piece.byteLength);
    return pieces;
  };

  it('gives the pieces as they come', async () => {
    expect(await drain(new Response(bodyOf(['ab', 'c'])))).toEqual([2, 1]);
  });
  it('gives up on a peer that falls silent', async () => {
    await expect(drain(new Response(bodyOf(['ab'], 'silence')), 5)).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
  });
  it('is patient with a consumer that is slow', async () => {
    const pieces: number[] = [];
    for await (const piece of piecesOf(new Response(bodyOf(['ab', 'c'])), 5)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      pieces.push(piece.byteLength);
    }
    expect(pieces).toEqual([2, 1]);
  });
  it('does not count the time of a slow consumer against the peer', async () => {
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    let sent = 0;
    const slow = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          sent += 1;
          if (sent === 2) await wait(35);
          if (sent === 3) controller.close();
          else controller.enqueue(new Uint8Array(1));
        },
      },
      { highWaterMark: 0 },
    );
    let size = 0;
    for await (const piece of piecesOf(new Response(slow), 40)) {
      size += piece.byteLength;
      if (size === 1) await wait(90);
    }
    expect(size).toBe(2);
  });
  it('ends the body of a consumer that leaves', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const _ of piecesOf(new Response(body))) break;
    expect(cancelled).toBe(true);
  });
});

describe('readJson', () => {
  it('parses the body', async () => expect(await readJson(new Response('{"a":1}'), 10)).toEqual({ a: 1 }));
  it('takes HTML for a failure of the peer', async () => {
    await expect(readJson(new Response('<html>'), 10)).rejects.toMatchObject({ code: 'PEER_FAILED' });
  });
});

describe('discard', () => {
  /** A body of many pieces. @returns how many were taken, and whether it was cancelled */
  const count = (pieces: number, headers: HeadersInit = {}) => {
    const seen = { taken: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (seen.taken === pieces) return controller.close();
          seen.taken += 1;
          controller.enqueue(new Uint8Array(10));
        },
        cancel: () => {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { seen, response: new Response(body, { headers }) };
  };

  it('reads a short body to its end, which leaves its connection usable', async () => {
    const { seen, response } = count(3);
    await discard(response);
    expect(seen).toEqual({ taken: 3, cancelled: false });
  });
  it('cancels a body that goes on and on', async () => {
    const { seen, response } = count(1_000_000);
    await discard(response);
    expect(seen).toEqual({ taken: 8, cancelled: true });
  });
  it('cancels a body that says it is long', async () => {
    const { seen, response } = count(5, { 'Content-Length': '65537' });
    await discard(response);
    expect(seen).toEqual({ taken: 0, cancelled: true });
  });
  it('does not wait for a body that is silent', async () => {
    await expect(discard(new Response(bodyOf(['ab'], 'silence')))).resolves.toBeUndefined();
  });
  it('does not mind a body that is broken already', async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) });
    await expect(discard(new Response(broken))).resolves.toBeUndefined();
  });
  it('does not mind an answer without a body', async () => {
    await expect(discard(new Response(null, { status: 204 }))).resolves.toBeUndefined();
  });
});
