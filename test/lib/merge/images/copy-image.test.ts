import { describe, expect, it } from 'vitest';
import { createDemoRegistry, type DemoRegistry, type DemoRegistryOptions } from '../../../../demo/registry/registry.ts';
import { copyImages } from '../../../../src/lib/merge/images/copy-image.ts';
import type { UploadJournal } from '../../../../src/lib/merge/images/uploads.ts';
import { type Digest, sha256 } from '../../../../src/lib/oci/digest.ts';
import { createRegistry } from '../../../../src/lib/oci/registry.ts';
import type { Repository } from '../../../../src/lib/oci/repository.ts';
import type { UploadState } from '../../../../src/lib/oci/upload-session.ts';
import { fakeCaller } from '../../fake-caller.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CHUNK = 1000;

interface Place {
  readonly demo: DemoRegistry;
  repository(name: string): Repository;
}

/** An embedded registry, and a client of it. */
function startPlace(host: string, options: DemoRegistryOptions = {}): Place {
  const demo = createDemoRegistry(options);
  const caller = fakeCaller(({ url, method, headers, bytes }) =>
    demo.fetch(
      new Request(url, { method, headers, ...(['PUT', 'POST', 'PATCH'].includes(method) ? { body: bytes } : {}) }),
    ),
  );
  const registry = createRegistry({ caller, host, origin: `https://${host}`, realms: [] });
  return { demo, repository: (name) => registry.repository(name) };
}

/** An image with layers of these sizes. @returns its digest, and those of its layers */
async function push(into: Repository, sizes: readonly number[]): Promise<{ digest: Digest; layers: Digest[] }> {
  const blob = async (bytes: Uint8Array) => {
    return { mediaType: 'application/octet-stream', digest: await into.pushBlob(bytes), size: bytes.byteLength };
  };
  const layers = await Promise.all(sizes.map((size, at) => blob(new Uint8Array(size).fill(at + 1))));
  const config = await blob(new TextEncoder().encode(JSON.stringify({ os: 'linux', architecture: 'amd64', sizes })));
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }));
  const digest = await sha256(bytes);
  await into.pushManifest(digest, { bytes, mediaType: MANIFEST });
  return { digest, layers: layers.map((layer) => layer.digest) };
}

/** What a merge's journal keeps of uploads. */
class MemoryUploads implements UploadJournal {
  readonly states = new Map<string, UploadState>();
  readonly offsets: number[] = [];
  isClaimed = false;

  claim(): boolean {
    return !this.isClaimed;
  }

  release(): void {}

  load(repository: string, digest: Digest): UploadState | undefined {
    return this.states.get(`${repository} ${digest}`);
  }

  store(repository: string, digest: Digest, state?: UploadState): void {
    if (!state) return void this.states.delete(`${repository} ${digest}`);
    this.states.set(`${repository} ${digest}`, state);
    this.offsets.push(state.offset);
  }
}

const callsOf = ({ demo }: Place, method: string) =>
  demo.calls.filter((call) => call.method === method && call.path.includes('/blobs/'));

describe('copyImages', () => {
  describe('when a mount is refused', () => {
    const refusals = [
      ['an upload is begun instead', 202],
      ['the source is not there', 404],
      ['it may not be read', 403],
    ] as const;
    it.each(refusals)('copies, where %s', async (_, status) => {
      const place = startPlace('one.test', { mounts: false });
      const [from, into] = [place.repository('a/b'), place.repository('a/c')];
      const { digest, layers } = await push(from, [50]);
      if (status !== 202)
        place.demo.faults.add({ kind: 'status', status, times: 9, match: ({ url }) => url.includes('?mount=') });
      await copyImages([{ digest, leg: 'arm64' }], { into, places: [from], chunkBytes: CHUNK });
      expect(place.demo.store.hasBlob('a/c', layers[0] ?? '')).toBe(true);
    });

    it('copies, where the token service grants no reading of the source', async () => {
      const place = startPlace('one.test');
      const [from, into] = [place.repository('a/b'), place.repository('a/c')];
      const { digest, layers } = await push(from, [50]);
      const headers = { 'WWW-Authenticate': 'Basic realm="x"' };
      place.demo.faults.add({
        kind: 'status',
        status: 401,
        headers,
        times: 9,
        match: ({ url }) => url.includes('?mount='),
      });
      await copyImages([{ digest, leg: 'arm64' }], { into, places: [from], chunkBytes: CHUNK });
      expect(place.demo.store.hasBlob('a/c', layers[0] ?? '')).toBe(true);
    });
  });

  describe('when a digest is missing', () => {
    it('heals the image from another registry', async () => {
      const [one, two] = [startPlace('one.test'), startPlace('two.test')];
      const { digest } = await push(two.repository('a/b'), [50, 60]);
      const into = one.repository('a/b');
      expect(
        await copyImages([{ digest, leg: 'arm64' }], {
          into,
          places: [into, two.repository('a/b')],
          chunkBytes: CHUNK,
        }),
      ).toBe(1);
      expect(one.demo.store.manifest('a/b', digest)).toBeDefined();
    });
    it('heals a blob from the registry that still has it', async () => {
      const [one, gone, whole] = [startPlace('one.test'), startPlace('gone.test'), startPlace('whole.test')];
      const { digest, layers } = await push(gone.repository('a/b'), [50]);
      await push(whole.repository('a/b'), [50]);
      gone.demo.faults.add({
        kind: 'status',
        status: 404,
        times: 9,
        match: ({ url }) => url.endsWith(layers[0] ?? ''),
      });
      const places = [gone.repository('a/b'), whole.repository('a/b')];
      await copyImages([{ digest, leg: 'arm64' }], { into: one.repository('a/b'), places, chunkBytes: CHUNK });
      expect(one.demo.store.hasBlob('a/b', layers[0] ?? '')).toBe(true);
    });
    it('passes over a place that gives other bytes', async () => {
      const [one, spoilt, whole] = [startPlace('one.test'), startPlace('spoilt.test'), startPlace('whole.test')];
      const { digest, layers } = await push(spoilt.repository('a/b'), [50]);
      await push(whole.repository('a/b'), [50]);
      const match = ({ method, url }: Request) => method === 'GET' && url.endsWith(layers[0] ?? '');
      spoilt.demo.faults.add({ kind: 'overlong', times: 9, match });
      const places = [spoilt.repository('a/b'), whole.repository('a/b')];
      await copyImages([{ digest, leg: 'arm64' }], { into: one.repository('a/b'), places, chunkBytes: CHUNK });
      expect(one.demo.store.hasBlob('a/b', layers[0] ?? '')).toBe(true);
    });
    it('names the digest that is nowhere any more', async () => {
      const [one, two] = [startPlace('one.test'), startPlace('two.test')];
      const { digest, layers } = await push(two.repository('a/b'), [50]);
      two.demo.faults.add({ kind: 'status', status: 404, times: 9, match: ({ url }) => url.endsWith(layers[0] ?? '') });
      const copied = copyImages([{ digest, leg: 'arm64' }], {
        into: one.repository('a/b'),
        places: [two.repository('a/b')],
        chunkBytes: CHUNK,
      });
      await expect(copied).rejects.toMatchObject({
        code: 'SOURCE_GONE',
        message: expect.stringMatching(`${layers[0]} of ${digest} .* build arm64 again`),
      });
    });
  });

  describe('when a blob is longer than a chunk', () => {
    const setup = async () => {
      const [one, two] = [startPlace('one.test'), startPlace('two.test')];
      const { digest, layers } = await push(two.repository('a/b'), [3500]);
      const uploads = new MemoryUploads();
      const into = one.repository('a/b');
      const copy = () =>
        copyImages([{ digest, leg: 'arm64' }], { into, places: [two.repository('a/b')], chunkBytes: CHUNK, uploads });
      return { one, two, layers, uploads, copy };
    };

    it('keeps how far it has come after each chunk', async () => {
      const { uploads, copy } = await setup();
      await copy();
      expect(uploads.offsets).toEqual([0, 1000, 2000, 3000, 3500]);
    });
    it('leaves an upload alone that somebody else writes, and makes one of its own', async () => {
      const { one, uploads, layers, copy } = await setup();
      uploads.isClaimed = true;
      await copy();
      expect(uploads.offsets).toEqual([]);
      expect(await one.repository('a/b').hasBlob(layers[0] as Digest)).toBe(true);
    });
    it('keeps nothing of what is done', async () => {
      const { uploads, copy } = await setup();
      await copy();
      expect(uploads.states.size).toBe(0);
    });
    it('goes on from the last committed offset after an interruption', async () => {
      const { one, layers, uploads, copy } = await setup();
      let patches = 0;
      const match = ({ method }: Request) => method === 'PATCH' && ++patches > 2;
      one.demo.faults.add({ kind: 'reset-before', times: 3, match });
      await expect(copy()).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
      expect([...uploads.states.values()].map(({ offset }) => offset)).toEqual([2000]);
      const begun = callsOf(one, 'POST').length;
      await copy();
      expect(callsOf(one, 'POST').filter(({ path }) => !path.includes('digest=')).length - begun).toBeLessThan(2);
      expect(uploads.offsets.slice(-3)).toEqual([2000, 3000, 3500]);
      expect(one.demo.store.hasBlob('a/b', layers[0] ?? '')).toBe(true);
    });
  });

  it('copies no more than two blobs into a registry at a time', async () => {
    const [one, two] = [startPlace('one.test'), startPlace('two.test')];
    const { digest } = await push(two.repository('a/b'), [50, 60, 70, 80, 90]);
    const from = two.repository('a/b');
    let [open, most] = [0, 0];
    const counting: Repository = {
      ...from,
      openBlob: async (blob, offset) => {
        open += 1;
        most = Math.max(most, open);
        const response = await from.openBlob(blob, offset);
        await new Promise((resolve) => setTimeout(resolve));
        open -= 1;
        return response;
      },
    };
    await copyImages([{ digest, leg: 'arm64' }], {
      into: one.repository('a/b'),
      places: [counting],
      chunkBytes: CHUNK,
    });
    expect(most).toBe(2);
  });

  it('brings a layer that two images share once', async () => {
    const [one, two] = [startPlace('one.test'), startPlace('two.test')];
    const from = two.repository('a/b');
    const images = [await push(from, [50, 60]), await push(from, [50, 70])];
    const digests = images.map(({ digest }) => ({ digest, leg: 'arm64' }));
    await copyImages(digests, { into: one.repository('a/c'), places: [from], chunkBytes: CHUNK });
    const pulled = two.demo.calls.filter(
      ({ method, path }) => method === 'GET' && path.endsWith(images[0]?.layers[0] ?? ''),
    );
    expect(pulled).toHaveLength(1);
  });
  it('begins no further image once one cannot be copied', async () => {
    const [one, two] = [startPlace('one.test'), startPlace('two.test')];
    const from = two.repository('a/b');
    const pushed = await Promise.all([50, 60, 70, 80, 90].map((size) => push(from, [size])));
    const digests = pushed.map(({ digest }) => ({ digest, leg: 'arm64' }));
    one.demo.faults.add({ kind: 'status', status: 503, times: 99, match: ({ method }) => method === 'POST' });
    const copied = copyImages(digests, { into: one.repository('a/c'), places: [from], chunkBytes: CHUNK });
    await expect(copied).rejects.toMatchObject({ code: 'PEER_FAILED' });
    const read = two.demo.calls.filter(({ method, path }) => method === 'GET' && path.includes('/manifests/'));
    expect(new Set(read.map(({ path }) => path)).size).toBe(2);
  });
});
