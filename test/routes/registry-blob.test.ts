import { describe, expect, it } from 'vitest';
import { addSigned } from '../lib/gallery/pull-through/setup.ts';
import { NAME, type RegistrySetup, refusalOf, withRegistry } from './registry-setup.ts';

const LAYER = 'layer of amd64';

/** A verified image whose blobs may be asked for. */
function withLayer(work: (setup: RegistrySetup & { readonly digest: string; readonly path: string }) => Promise<void>) {
  return withRegistry(async (setup) => {
    const { amd64 } = await addSigned(setup.fake);
    await setup.keeper.admit(amd64.image.digest);
    const { digest } = amd64.layer;
    // A spread would copy what a test is about to replace.
    await work(Object.assign(setup, { digest, path: `/v2/${NAME}/blobs/${digest}` }));
  });
}

/** The body, which calls itself bytes. */
async function textOf(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.arrayBuffer());
}

/** Whether a body ended as a complete one. */
async function isComplete(response: Response): Promise<boolean> {
  return response.arrayBuffer().then(
    () => true,
    () => false,
  );
}

describe('GET /v2/…/blobs', () => {
  it('streams the bytes', () =>
    withLayer(async ({ get, path, digest }) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
      expect(response.headers.get('Content-Length')).toBe(String(LAYER.length));
      expect(await textOf(response)).toBe(LAYER);
    }));

  it('hands on where upstream redirects to', () =>
    withLayer(async (setup) => {
      const location = new URL('https://cdn.test/x?signed=1');
      setup.passBlob = async () => ({ kind: 'redirect', location });
      const response = await setup.get(setup.path);
      expect([response.status, response.headers.get('Location')]).toEqual([307, location.href]);
    }));

  it.each([
    ['other bytes', LAYER.replace('l', 'L')],
    ['too few', LAYER.slice(1)],
    ['too many', `${LAYER}!`],
    ['none', ''],
  ])('breaks off where upstream sends %s', (_, sent) =>
    withLayer(async (setup) => {
      setup.passBlob = async () => ({ kind: 'body', response: new Response(sent) });
      expect(await isComplete(await setup.get(setup.path))).toBe(false);
    }),
  );

  it.each([
    ['bytes=0-4', 'layer', 'bytes 0-4/14'],
    ['bytes=-5', 'amd64', 'bytes 9-13/14'],
    ['bytes=6-', 'of amd64', 'bytes 6-13/14'],
  ])('serves the range %s', (range, text, contentRange) =>
    withLayer(async ({ get, path }) => {
      const response = await get(path, { Range: range });
      expect([response.status, response.headers.get('Content-Range')]).toEqual([206, contentRange]);
      expect(await textOf(response)).toBe(text);
    }),
  );

  it('cuts the range out where upstream knows none', () =>
    withLayer(async (setup) => {
      setup.passBlob = async () => ({ kind: 'body', response: new Response(LAYER) });
      const response = await setup.get(setup.path, { Range: 'bytes=6-7' });
      expect([response.status, await textOf(response)]).toEqual([206, 'of']);
    }));

  it('refuses another range than was asked', () =>
    withLayer(async (setup) => {
      const headers = { 'Content-Range': 'bytes 1-5/14' };
      setup.passBlob = async () => ({ kind: 'body', response: new Response('ayer ', { status: 206, headers }) });
      expect(await refusalOf(await setup.get(setup.path, { Range: 'bytes=0-4' }))).toBe('502 UNKNOWN');
    }));

  it('answers 416 where the range lies behind the end', () =>
    withLayer(async ({ get, path }) => {
      const response = await get(path, { Range: 'bytes=14-' });
      expect(response.headers.get('Content-Range')).toBe('bytes */14');
      expect(await refusalOf(response)).toBe('416 RANGE_INVALID');
    }));

  it('serves the whole where If-Range names another', () =>
    withLayer(async ({ get, path }) => {
      expect((await get(path, { Range: 'bytes=0-4', 'If-Range': '"x"' })).status).toBe(200);
    }));

  it('serves the range where If-Range names it', () =>
    withLayer(async ({ get, path, digest }) => {
      expect((await get(path, { Range: 'bytes=0-4', 'If-Range': `"${digest}"` })).status).toBe(206);
    }));

  it('answers 304 to somebody who has it', () =>
    withLayer(async ({ get, path, digest }) => {
      expect((await get(path, { 'If-None-Match': `"${digest}"` })).status).toBe(304);
    }));

  it('answers HEAD without asking for the bytes', () =>
    withLayer(async (setup) => {
      setup.passBlob = async () => {
        throw new Error('not asked for');
      };
      const response = await setup.send('HEAD', setup.path);
      expect([response.status, response.headers.get('Content-Length')]).toEqual([200, '14']);
    }));

  it('knows no ranges for HEAD', () =>
    withLayer(async ({ send, path }) => {
      const response = await send('HEAD', path, { Range: 'bytes=0-4' });
      expect([response.status, response.headers.get('Content-Length')]).toEqual([200, '14']);
      expect(response.headers.get('Content-Range')).toBeNull();
    }));

  it.each(['bytes=0-1,3-4', 'bytes=5-1', 'lines=1-2', 'bytes=-', 'bytes=0-4, bytes=6-7', 'bytes=0x0-0x4'])(
    'serves the whole for %s',
    (range) =>
      withLayer(async ({ get, path }) => {
        const response = await get(path, { Range: range });
        expect([response.status, await textOf(response)]).toEqual([200, LAYER]);
      }),
  );

  it.each(['GET', 'HEAD'])('does not know, by %s, a blob that is gone upstream', (method) =>
    withLayer(async ({ send, fake, path, digest }) => {
      fake.blobs.delete(digest as `sha256:${string}`);
      expect((await send(method, path)).status).toBe(404);
    }),
  );

  it('does not know a blob that no verified manifest names', () =>
    withLayer(async ({ get, fake }) => {
      const { digest } = await fake.addBlob('stray');
      expect(await refusalOf(await get(`/v2/${NAME}/blobs/${digest}`))).toBe('404 BLOB_UNKNOWN');
    }));

  it('refuses a digest that is none', () =>
    withLayer(async ({ get }) => {
      expect(await refusalOf(await get(`/v2/${NAME}/blobs/sha256:ab`))).toBe('400 DIGEST_INVALID');
    }));
});
