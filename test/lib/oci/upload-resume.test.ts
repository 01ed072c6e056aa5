import { describe, expect, it } from 'vitest';
import type { UploadState } from '../../../src/lib/oci/upload-session.ts';
import { clientOf } from './fake-registry.ts';
import { digestOf, sourceOf, UploadPeer, type UploadPeerOptions } from './upload-peer.ts';

const BYTES = new TextEncoder().encode('0123456789');
const DIGEST = digestOf(BYTES);
const STYLES = ['spec', 'quay', 'distribution'] as const;

async function copy(
  peer: UploadPeer,
  options: { resume?: UploadState; onProgress?: (state: UploadState) => Promise<void> } = {},
  from = sourceOf(BYTES),
) {
  const { caller, repository } = clientOf(peer.answer);
  const error: unknown = await repository.copyBlob(DIGEST, BYTES.byteLength, from, { chunkBytes: 4, ...options }).then(
    () => undefined,
    (thrown) => thrown,
  );
  const ranges = caller.seen.flatMap(({ headers }) => headers.get('Content-Range') ?? []);
  return { error, ranges, methods: caller.seen.map(({ method }) => method), copied: peer.blobs.get(DIGEST), caller };
}

const copyWith = (options: UploadPeerOptions) => copy(new UploadPeer(options));

describe('copyBlob', () => {
  describe.each(STYLES)('when a chunk breaks at a registry that answers as %s', (style) => {
    it('sends it again where the registry has not got it', async () => {
      const { ranges, copied } = await copyWith({ style, faults: { 'PATCH 2': 'before' } });
      expect(ranges).toEqual(['0-3', '4-7', '4-7', '8-9']);
      expect(copied).toEqual(Buffer.from(BYTES));
    });
    it.each(['PATCH 1', 'PATCH 2', 'PATCH 3', 'POST 1', 'PUT 1'])('ends well where %s never comes', async (call) => {
      const { error, copied } = await copyWith({ style, faults: { [call]: 'before' } });
      expect([error, copied]).toEqual([undefined, Buffer.from(BYTES)]);
    });
    it.each(['PATCH 1', 'PATCH 2', 'PATCH 3', 'POST 1', 'PUT 1'])(
      'ends well where the answer of %s is lost',
      async (call) => {
        const { error, copied } = await copyWith({ style, faults: { [call]: 'after' } });
        expect([error, copied]).toEqual([undefined, Buffer.from(BYTES)]);
      },
    );
    it.each([1, 2, 3])('ends well where only %i bytes of it came', async (part) => {
      const { error, copied } = await copyWith({ style, faults: { 'PATCH 2': { part } } });
      expect([error, copied]).toEqual([undefined, Buffer.from(BYTES)]);
    });
  });

  describe('when a chunk breaks', () => {
    it('does not send it twice where the registry has it', async () => {
      const { ranges } = await copyWith({ faults: { 'PATCH 2': 'after' } });
      expect(ranges).toEqual(['0-3', '4-7', '8-9']);
    });
    it('sends only what is missing', async () => {
      const { ranges } = await copyWith({ faults: { 'PATCH 2': { part: 3 } } });
      expect(ranges).toEqual(['0-3', '4-7', '7-7', '8-9']);
    });
    it.each([500, 502, 503, 429])('asks how far it came after %i', async (status) => {
      const { methods, copied } = await copyWith({ faults: { 'PATCH 2': new Response(null, { status }) } });
      expect(methods).toEqual(['POST', 'PATCH', 'PATCH', 'GET', 'PATCH', 'PATCH', 'PUT']);
      expect(copied).toBeDefined();
    });
    it('asks how far it came after 416', async () => {
      const { methods, copied } = await copyWith({ faults: { 'PATCH 2': new Response(null, { status: 416 }) } });
      expect(methods.slice(2, 5)).toEqual(['PATCH', 'GET', 'PATCH']);
      expect(copied).toBeDefined();
    });
    it('begins anew where the registry drops the upload', async () => {
      const { ranges, copied } = await copyWith({ style: 'distribution', faults: { 'PATCH 2': { part: 1 } } });
      expect(ranges).toEqual(['0-3', '4-7', '0-3', '4-7', '8-9']);
      expect(copied).toEqual(Buffer.from(BYTES));
    });
    it('begins anew where the registry does not say how far it came', async () => {
      const { error, copied } = await copyWith({ style: 'none', faults: { 'PATCH 2': 'after' } });
      expect([error, copied]).toEqual([undefined, Buffer.from(BYTES)]);
    });
    it('gives up where chunks only break', async () => {
      const faults = Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [`PATCH ${index + 1}`, 'before' as const]),
      );
      const { error } = await copyWith({ faults });
      expect(error).toMatchObject({ code: 'PEER_UNREACHABLE' });
    });
    it('cancels an upload that nobody could go on with', async () => {
      const peer = new UploadPeer({ faults: { 'PATCH 2': 'before', 'GET 1': new Response(null, { status: 403 }) } });
      const { error } = await copy(peer);
      expect(error).toMatchObject({ code: 'DENIED' });
      expect(peer.uploads.size).toBe(0);
    });
  });

  describe('when the commit', () => {
    it('is refused, the bytes are others', async () => {
      const { error } = await copyWith({ faults: { 'PUT 1': new Response(null, { status: 400 }) } });
      expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    });
    it('was made though its answer was lost, a HEAD shows it', async () => {
      const { methods, copied } = await copyWith({ faults: { 'PUT 1': 'after' } });
      expect(methods.slice(-2)).toEqual(['PUT', 'HEAD']);
      expect(copied).toBeDefined();
    });
    it('was not made, it is made again', async () => {
      const { methods } = await copyWith({ faults: { 'PUT 1': new Response(null, { status: 502 }) } });
      expect(methods.slice(-3)).toEqual(['PUT', 'HEAD', 'PUT']);
    });
  });
});

describe('copyBlob in another process', () => {
  /** A process that dies at a call: what it told before, and the registry as it left it. */
  async function interrupted(at: string, style: UploadPeerOptions['style'] = 'spec') {
    const faults = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [
        `${at.split(' ')[0]} ${Number(at.split(' ')[1]) + index}`,
        'before' as const,
      ]),
    );
    const peer = new UploadPeer({ faults, style });
    const told: UploadState[] = [];
    const { error } = await copy(peer, { onProgress: async (state) => void told.push(state) });
    const revived = new UploadPeer({ style });
    for (const [id, bytes] of peer.uploads) revived.uploads.set(id, bytes);
    return { told, error, peer: revived, resume: told.at(-1) as UploadState };
  }

  it('is told where the upload is and how far it came', async () => {
    const { told } = await interrupted('PUT 1');
    expect(told.map(({ offset }) => offset)).toEqual([0, 4, 8, 10]);
    expect(told[0]?.location).toBe('https://registry.test/v2/team/app/blobs/uploads/u1');
  });
  it('waits until what it told is kept', async () => {
    let kept = 0;
    const peer = new UploadPeer();
    const { methods } = await copy(peer, {
      onProgress: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        kept += 1;
        if (kept === 2) throw new Error('storage is gone');
      },
    });
    expect(methods).toEqual(['POST', 'PATCH', 'DELETE']);
  });

  it.each(STYLES)('goes on from the committed offset, %s', async (style) => {
    const { peer, resume } = await interrupted('PATCH 3', style);
    const from = sourceOf(BYTES);
    const { ranges, copied, methods } = await copy(peer, { resume }, from);
    expect(ranges).toEqual(['8-9']);
    expect(from.opened).toEqual([8]);
    expect(copied).toEqual(Buffer.from(BYTES));
    expect(methods).toEqual(['GET', 'PATCH', 'PUT', 'HEAD']);
  });
  it('goes on from what the registry has, though less was told', async () => {
    const { peer, told } = await interrupted('PATCH 3');
    const { ranges, copied } = await copy(peer, { resume: told[1] as UploadState });
    expect(ranges).toEqual(['8-9']);
    expect(copied).toEqual(Buffer.from(BYTES));
  });
  it('only commits where all was there', async () => {
    const { peer, resume } = await interrupted('PUT 1');
    const { methods, copied } = await copy(peer, { resume });
    expect(methods).toEqual(['GET', 'PUT', 'HEAD']);
    expect(copied).toEqual(Buffer.from(BYTES));
  });
  it('keeps the upload only where another try may go on with it', async () => {
    expect((await interrupted('PATCH 3')).peer.uploads.size).toBe(1);
    const peer = new UploadPeer({ faults: { 'PATCH 2': new Response(null, { status: 403 }) } });
    await copy(peer, { onProgress: async () => undefined });
    expect(peer.uploads.size).toBe(0);
  });
  it.each([
    ['is gone', { location: 'https://registry.test/v2/team/app/blobs/uploads/u9', offset: 8 }],
    ['was elsewhere', { location: 'https://evil.test/v2/team/app/blobs/uploads/u1', offset: 8 }],
    ['has no address', { location: 'nonsense', offset: 8 }],
  ])('begins anew where the upload %s', async (_, resume) => {
    const { ranges, copied, caller } = await copy(new UploadPeer(), { resume });
    expect(ranges).toEqual(['0-3', '4-7', '8-9']);
    expect(copied).toEqual(Buffer.from(BYTES));
    expect(caller.seen.every(({ url }) => url.host === 'registry.test')).toBe(true);
  });
  it('leaves the check to the registry, and does not commit other bytes', async () => {
    const { peer, resume } = await interrupted('PATCH 3');
    const { error, copied } = await copy(peer, { resume }, sourceOf(new TextEncoder().encode('xxxxxxxxxx')));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(copied).toBeUndefined();
  });
  it('begins anew where the registry says that it committed and has nothing', async () => {
    const { peer, resume } = await interrupted('PUT 1');
    let puts = 0;
    const { repository } = clientOf((request, call) => {
      if (request.method === 'PUT') puts += 1;
      return request.method === 'PUT' && puts === 1 ? new Response(null, { status: 201 }) : peer.answer(request, call);
    });
    await repository.copyBlob(DIGEST, 10, sourceOf(BYTES), { chunkBytes: 4, resume });
    expect(peer.blobs.get(DIGEST)).toEqual(Buffer.from(BYTES));
  });
});
