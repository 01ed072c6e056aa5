import { describe, expect, it } from 'vitest';
import type { BlobSource, CopyOptions } from '../../../src/lib/oci/upload.ts';
import { bodyOf } from '../fake-caller.ts';
import { clientOf } from './fake-registry.ts';
import { digestOf, sourceOf, UploadPeer, type UploadPeerOptions } from './upload-peer.ts';

const BYTES = new TextEncoder().encode('0123456789');
const DIGEST = digestOf(BYTES);

/** Copies ten bytes, by chunks of four unless said otherwise. */
async function copy(
  peerOptions: UploadPeerOptions = {},
  from: BlobSource = sourceOf(BYTES),
  options: CopyOptions = { chunkBytes: 4 },
) {
  const peer = new UploadPeer(peerOptions);
  const { caller, repository } = clientOf(peer.answer);
  const error: unknown = await repository.copyBlob(DIGEST, BYTES.byteLength, from, options).then(
    () => undefined,
    (thrown) => thrown,
  );
  const ranges = caller.seen.flatMap(({ headers }) => headers.get('Content-Range') ?? []);
  return { peer, caller, error, ranges, calls: caller.calls(), copied: peer.blobs.get(DIGEST) };
}

describe('copyBlob', () => {
  it('sends the chunks one after the other', async () => {
    const { ranges, calls, copied } = await copy();
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH', 'PUT']);
    expect(ranges).toEqual(['0-3', '4-7', '8-9']);
    expect(copied).toEqual(Buffer.from(BYTES));
  });
  it('goes to the address that each answer gives', async () => {
    const { calls } = await copy({ style: 'distribution' });
    expect(calls[3]).toBe('PATCH /v2/team/app/blobs/uploads/u1?_state=8');
  });
  it('makes chunks of pieces that come as they like', async () => {
    const pieces: BlobSource = { openBlob: async () => new Response(bodyOf(['01', '2', '34567', '89'])) };
    expect((await copy({}, pieces)).ranges).toEqual(['0-3', '4-7', '8-9']);
  });
  it('makes chunks as large as the registry wants them', async () =>
    expect((await copy({ minChunkBytes: 6 })).ranges).toEqual(['0-5', '6-9']));
  it('refuses to hold very large chunks', async () => {
    const { error, peer } = await copy({ minChunkBytes: 2 ** 40 });
    expect(error).toMatchObject({ code: 'UNSUPPORTED' });
    expect(peer.uploads.size).toBe(0);
  });
  it('takes an empty blob', async () => {
    const peer = new UploadPeer();
    const empty = new Uint8Array(0);
    await clientOf(peer.answer).repository.copyBlob(digestOf(empty), 0, sourceOf(empty), { chunkBytes: 4 });
    expect(peer.blobs.has(digestOf(empty))).toBe(true);
  });

  describe('when the blob is one chunk', () => {
    const whole = { chunkBytes: 10 };
    it('sends it whole', async () => {
      const { caller, copied } = await copy(
        { faults: { 'POST 1': new Response(null, { status: 201 }) } },
        undefined,
        whole,
      );
      expect(caller.seen.map(({ method, bytes }) => [method, bytes.byteLength])).toEqual([['POST', 10]]);
      expect(copied).toBeUndefined();
    });
    it.each([
      ['other bytes', sourceOf(new TextEncoder().encode('012345678x')), 'DIGEST_MISMATCH'],
      ['more bytes', sourceOf(new TextEncoder().encode('0123456789x')), 'DIGEST_MISMATCH'],
      ['fewer bytes', sourceOf(BYTES.subarray(0, 9)), 'BODY_TRUNCATED'],
    ])('sends nothing of %s', async (_, from, code) => {
      const { error, calls } = await copy({}, from, whole);
      expect(error).toMatchObject({ code });
      expect(calls).toEqual([]);
    });
  });

  describe('when the source gives something else', () => {
    it.each([
      ['other bytes', sourceOf(new TextEncoder().encode('012345678x')), 'DIGEST_MISMATCH'],
      ['more bytes', sourceOf(new TextEncoder().encode('0123456789x')), 'DIGEST_MISMATCH'],
      ['no end', { openBlob: async () => new Response(endless()) }, 'DIGEST_MISMATCH'],
      ['fewer bytes', sourceOf(BYTES.subarray(0, 9)), 'BODY_TRUNCATED'],
    ])('cancels the upload of %s before it is a blob', async (_, from, code) => {
      const { error, peer, calls } = await copy({}, from);
      expect(error).toMatchObject({ code });
      expect([peer.blobs.size, peer.uploads.size]).toEqual([0, 0]);
      expect(calls.some((call) => call.startsWith('PUT'))).toBe(false);
    });
  });

  describe('when the source breaks off', () => {
    it.each([0, 1, 3, 4, 5, 7, 8, 9])('opens it again where it did, after %i bytes', async (at) => {
      const from = sourceOf(BYTES, [at]);
      expect((await copy({}, from)).copied).toEqual(Buffer.from(BYTES));
      expect(from.opened).toEqual([0, at]);
    });
    it('goes on as long as chunks come', async () => {
      const from = sourceOf(BYTES, [1, 1, 4, 1, 1]);
      expect((await copy({}, from)).copied).toEqual(Buffer.from(BYTES));
    });
    it('gives up where it only breaks', async () => {
      const { error, peer } = await copy({}, sourceOf(BYTES, [1, 0, 0, 0]));
      expect(error).toMatchObject({ code: 'BODY_TRUNCATED' });
      expect(peer.uploads.size).toBe(0);
    });
  });

  it.each([
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
    [413, 'UNEXPECTED_STATUS'],
  ])('takes %i at a chunk for %s, and cancels', async (status, code) => {
    const { error, peer } = await copy({ faults: { 'PATCH 2': new Response(null, { status }) } });
    expect(error).toMatchObject({ code });
    expect(peer.uploads.size).toBe(0);
  });
  it('does not send a chunk to another host', async () => {
    const headers = { Location: 'https://evil.test/upload' };
    const { error, caller } = await copy({ faults: { 'PATCH 1': new Response(null, { status: 202, headers }) } });
    expect(error).toMatchObject({ code: 'REDIRECT_INVALID' });
    expect(caller.seen.every(({ url }) => url.host === 'registry.test')).toBe(true);
  });
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(3)) });
}
