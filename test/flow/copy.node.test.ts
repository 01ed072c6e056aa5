import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../demo/config.ts';
import { ConnectionReset } from '../../demo/handler.ts';
import { ARCHES, buildImage, type Image, packLayer } from '../../demo/images.ts';
import { isOver, withAnchors } from './outcome.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const MEBIBYTE = 1024 * 1024;
/** What came of the layer's upload, in the second registry: each chunk by its range, and each upload that was begun. */
const seen = { chunks: [] as string[], begun: 0, ranges: [] as (string | null)[] };

let world: World;
let images: Image[];
/** Kills the Worker once the second registry has this chunk, and loses its answer. */
let killAt: string | undefined;

beforeAll(async () => {
  world = await startWorld({
    configure: withAnchors({ copy_chunk_mebibytes: 1 }),
    intercept: async (request, handler) => {
      const { host, pathname, search } = new URL(request.url);
      const [first, second] = world?.stack.registries ?? [];
      const range = request.headers.get('Content-Range');
      if (host === first?.host && request.method === 'GET' && pathname.endsWith(layerOf(images?.[1])))
        seen.ranges.push(request.headers.get('Range'));
      if (host === second?.host && request.method === 'PATCH') seen.chunks.push(String(range));
      if (host === second?.host && request.method === 'POST' && search === '') seen.begun += 1;
      const response = await handler(request);
      if (range === null || range !== killAt) return response;
      killAt = undefined;
      world.kill();
      throw new ConnectionReset();
    },
  });
  const sizes = { amd64: 100, arm64: 4.5 * MEBIBYTE };
  images = ARCHES.map((arch) => buildImage(arch, packLayer(randomBytes(sizes[arch])), 'large'));
  for (const image of images) await world.clients[0]?.pushImage(CORE, image);
}, 60_000);
afterAll(() => world?.close());

function layerOf(image: Image | undefined): string {
  return image?.blobs[1]?.digest ?? 'none';
}

describe('a Worker that is killed in the middle of a copy', () => {
  it('goes on with the same upload, from the last chunk that the registry has', async () => {
    killAt = `${2 * MEBIBYTE}-${3 * MEBIBYTE - 1}`;
    const claims = { ...AT_ONCE, run_id: '6100' };
    for (const { arch, digest } of images)
      await world.report({ suffix: '-l', arch, digest, claims }).catch(() => undefined);
    expect(killAt).toBeUndefined();
    await world.restart();
    const view = () => world.call({ path: '/v1/merges/core/6100/-l' });
    for (const until = Date.now() + 40_000; Date.now() < until && !isOver(await view()); ) await sleep(100);
    if (!isOver(await view()))
      await world.report({ suffix: '-l', arch: 'arm64', digest: images[1]?.digest ?? '', claims });
    expect(await view()).toMatchObject({ body: { state: 'published' } });
    expect(seen.begun).toBe(1);
    expect(seen.chunks.slice(0, 5).map((range) => Number(range.split('-')[0]) / MEBIBYTE)).toEqual([0, 1, 2, 3, 4]);
    expect(seen.ranges).toEqual([null, `bytes=${3 * MEBIBYTE}-`]);
  }, 90_000);
});
