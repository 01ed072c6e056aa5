import { describe, expect, it } from 'vitest';
import { streamCounted, streamVerified } from '../../../../src/lib/gallery/pull-through/blob-stream.ts';
import { sha256 } from '../../../../src/lib/oci/digest.ts';

const BLOB = new TextEncoder().encode('0123456789');
const WHOLE = { from: 0, to: 10 };

/** An answer in pieces of three bytes; `cut` ends it with an error after so many bytes. */
function answer(bytes: Uint8Array, cut = Number.POSITIVE_INFINITY): Response {
  let offset = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (offset >= cut) return controller.error(new Error('reset'));
      if (offset >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(offset, offset + 3));
      offset += 3;
    },
  });
  return new Response(body);
}

/** What a client sees: the bytes, and whether the body was complete. */
async function receive(stream: ReadableStream<Uint8Array>): Promise<{ text: string; complete: boolean }> {
  let text = '';
  try {
    for await (const piece of stream) text += new TextDecoder().decode(piece);
    return { text, complete: true };
  } catch {
    return { text, complete: false };
  }
}

async function verified(response: Response, window = WHOLE) {
  const failures: string[] = [];
  const onFailure = (error: unknown) => failures.push((error as { code: string }).code);
  const stream = streamVerified(response, { digest: await sha256(BLOB), size: 10, window, onFailure });
  return { ...(await receive(stream)), failures };
}

describe('streamVerified', () => {
  it('passes the right bytes on', async () => {
    expect(await verified(answer(BLOB))).toEqual({ text: '0123456789', complete: true, failures: [] });
  });

  it('cuts a window out of the whole', async () => {
    expect(await verified(answer(BLOB), { from: 2, to: 7 })).toMatchObject({ text: '23456', complete: true });
  });

  it.each([
    ['the first', 0],
    ['a middle', 5],
    ['the last', 9],
  ])('breaks off where %s byte is another', async (_, at) => {
    const wrong = BLOB.slice();
    wrong[at] = 0x58;
    const received = await verified(answer(wrong));
    expect(received).toMatchObject({ complete: false, failures: ['DIGEST_MISMATCH'] });
    expect(received.text.length).toBeLessThan(10);
  });

  it('breaks a window off where a byte after it is another', async () => {
    const wrong = BLOB.slice();
    wrong[9] = 0x58;
    const received = await verified(answer(wrong), { from: 0, to: 3 });
    expect(received).toMatchObject({ text: '', complete: false });
  });

  it.each([0, 3, 6, 9])('breaks off where only %s bytes came', async (length) => {
    expect(await verified(answer(BLOB.slice(0, length)))).toMatchObject({
      complete: false,
      failures: ['BODY_TRUNCATED'],
    });
  });

  it('breaks off where more bytes come', async () => {
    const received = await verified(answer(new TextEncoder().encode('0123456789abc')));
    expect(received).toMatchObject({ complete: false, failures: ['DIGEST_MISMATCH'] });
  });

  it('breaks off where the peer does', async () => {
    expect(await verified(answer(BLOB, 6))).toMatchObject({ complete: false, failures: ['BODY_TRUNCATED'] });
  });
});

describe('streamCounted', () => {
  const counted = async (bytes: Uint8Array) => {
    const options = { digest: await sha256(BLOB), size: 10, window: { from: 2, to: 7 }, onFailure: () => undefined };
    return receive(streamCounted(answer(bytes), options));
  };

  it('passes a range of the right length on', async () => {
    expect(await counted(BLOB.slice(2, 7))).toEqual({ text: '23456', complete: true });
  });

  it.each([4, 6])('breaks off where %s bytes came for five', async (length) => {
    expect((await counted(BLOB.slice(2, 2 + length))).complete).toBe(false);
  });
});
