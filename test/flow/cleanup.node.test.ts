import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, CACHE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { BUILDER, startWorld, type World } from './world.ts';

const RUN = { ...BUILDER, run_id: '4242' };
let world: World;
let image: Image;

beforeAll(async () => {
  world = await startWorld();
  const images = await world.push(BACKENDS, 'cleanup');
  image = images[0] as Image;
}, 60_000);
afterAll(() => world?.close());

const anchors = () => world.stack.registries.map(({ demo }) => [...demo.store.tags(CACHE).keys()].sort());
const arrive = (suffix: string, expected: readonly string[]) =>
  world.report({ suffix, arch: image.arch, digest: image.digest, claims: RUN, expect: expected });

interface Status {
  readonly tasks: readonly { readonly name: string; readonly ok: boolean; readonly result?: unknown }[];
  readonly merges: Readonly<Record<string, number>>;
  readonly keepalives: readonly Cleanup[];
  readonly [key: string]: unknown;
}
interface Cleanup {
  readonly repository: string;
  readonly running?: object;
  readonly last?: { readonly started_at: string; readonly removed: object; readonly kept: object };
  readonly problem?: { readonly code: string; readonly permission?: string };
}
const status = async () => (await world.call({ path: '/v1/status' })).body as Status;

/** Rings the cron trigger, and waits until every cleanup that it began is over. */
async function ring(): Promise<Status> {
  const since = new Date().toISOString();
  const response = await fetch(`${world.worker().url}/cdn-cgi/handler/scheduled`);
  expect([response.status, await response.text()]).toEqual([200, 'ok']);
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(100)) {
    const now = await status();
    if (now.keepalives.every(({ last, running }) => !running && (last?.started_at ?? '') >= since)) return now;
  }
  throw new Error('the cleanup does not end');
}

/** A tag that a workflow left behind. */
async function leave(tag: string): Promise<void> {
  for (const client of world.clients) await client.pushImage(CACHE, image, tag);
}

describe('the cron trigger', () => {
  let shown: Status;

  beforeAll(async () => {
    await arrive('-cpu-a-b', ['amd64', 'arm64']);
    await arrive('-cpu-a', ['amd64']);
    await world.finish('4242', {}, { tag_suffixes: ['-cpu-a'] });
    for (const tag of ['keepalive-4242-cpu-a-amd64', 'something-else', 'keepalive-1-cpu-x-amd64']) await leave(tag);
    shown = await ring();
  }, 60_000);

  it('removes the anchor of a merge that is done, in every registry, and no other tag', () => {
    const left = ['keepalive-1-cpu-x-amd64', 'keepalive-4242-cpu-a-b-amd64', 'something-else'];
    expect(anchors()).toEqual([left, left]);
  });
  it('leaves what is published', async () => {
    expect((await world.tagged('master-cpu-a')).every((digest) => digest !== undefined)).toBe(true);
  });
  it('shows what it did', () => {
    expect(shown.keepalives).toMatchObject(
      world.stack.registries.map(({ host }) => ({
        repository: `${host}/${CACHE}`,
        orphans: 1,
        last: { tags: 3, removed: { done: 1 }, kept: { foreign: 1, needed: 1 } },
      })),
    );
  });
  it('shows each of its tasks', () => {
    expect(shown.tasks.map(({ name, ok }) => [name, ok])).toEqual([
      ['galleries', true],
      ['keepalives', true],
      ['runs', true],
      ['trust-root', true],
    ]);
  });
  it('does it again where a workflow leaves another one behind', async () => {
    await leave('keepalive-4242-cpu-a-amd64');
    await ring();
    expect(anchors().flat()).not.toContain('keepalive-4242-cpu-a-amd64');
  });
  it('says which permission is missing where a registry refuses', async () => {
    await leave('keepalive-4242-cpu-a-amd64');
    const [first] = world.stack.registries;
    first?.demo.faults.add({ kind: 'status', status: 403, match: ({ method }) => method === 'DELETE' });
    const { keepalives } = await ring();
    expect(keepalives.find(({ repository }) => repository.startsWith(`${first?.host}/`))?.problem).toEqual({
      code: 'DENIED',
      detail: expect.stringContaining('status 403'),
      permission: expect.stringContaining(`${first?.host} in REGISTRY_AUTH`),
    });
  });
  it('goes on after a kill in the middle', async () => {
    await leave('keepalive-4242-cpu-a-amd64');
    const [first] = world.stack.registries;
    first?.demo.faults.add({ kind: 'timeout', match: ({ method }) => method === 'DELETE' });
    await fetch(`${world.worker().url}/cdn-cgi/handler/scheduled`);
    while (first?.demo.faults.pending) await sleep(20);
    await world.restart();
    await fetch(`${world.worker().url}/cdn-cgi/handler/scheduled`);
    const isLeft = () => anchors().flat().includes('keepalive-4242-cpu-a-amd64');
    for (const until = Date.now() + 10_000; Date.now() < until && isLeft(); ) await sleep(100);
    expect(isLeft()).toBe(false);
  }, 30_000);
});

describe('GET /v1/status', () => {
  it('counts merges by their state', async () => {
    // A run tells of itself some seconds after something happened.
    let merges = {};
    for (const until = Date.now() + 10_000; Date.now() < until && !('published' in merges); await sleep(200))
      ({ merges } = await status());
    expect(merges).toEqual({ published: 1, waiting: 1 });
  });
  it('says what it verifies with', async () => {
    expect((await status()).trust_root).toEqual({ source: 'configuration' });
  });
  it('holds no secret', async () => {
    const text = JSON.stringify(await status());
    for (const { password } of world.stack.registries) if (password) expect(text).not.toContain(password);
  });
});
