import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../demo/caller.ts';
import { CORE } from '../../demo/config.ts';
import { digestOf, json } from '../../demo/images.ts';
import { isOver } from './outcome.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const PLATFORMS = 16;
const LAYERS = 60;
/** The fewest that can be configured: the merge needs several times as many. */
const CALLS_PER_INVOCATION = 1000;
const NAMES = [...Array(PLATFORMS).keys()].map((at) => `p${at}`);
const SUFFIX = '-many';
const TAG = `master${SUFFIX}`;
/** What an answer to a question takes, in milliseconds: without it, calls that are sent together would rarely overlap. */
const ANSWER_MS = 20;

let world: World;
/** Calls to the second registry, which has none of it. */
let calls = 0;
/** By invocation, as far as one can be told: the calls that wait, and the most that ever did. */
const waiting = new Map<string, { now: number; most: number }>();
const legs = new Set<string>();
/** The hosts that have the index. */
const indexed = new Set<string>();
let first: Answer;
let last: Answer;

beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      calls_per_invocation: CALLS_PER_INVOCATION,
      projects: config.projects.map((project) => ({
        ...project,
        // One lock a registry.
        tags: ['type=ref,event=branch'],
        platforms: Object.fromEntries(NAMES.map((name) => [name, `linux/${name}`])),
      })),
    }),
    intercept: async (request, handler) => {
      if (new URL(request.url).host === world?.stack.registries[1].host) calls += 1;
      const count = countOf(invocationOf(request));
      count.now += 1;
      count.most = Math.max(count.most, count.now);
      try {
        if (request.method === 'HEAD') await sleep(ANSWER_MS);
        return await handler(request);
      } finally {
        count.now -= 1;
      }
    },
  });
  const images = NAMES.map(buildImage);
  for (const image of images) await world.clients[0]?.pushImage(CORE, image);
  for (const { digest } of images) legs.add(digest);
  for (const known of [waiting, indexed]) known.clear();
  calls = 0;
  for (const { arch, digest } of images)
    first = await world.report({ suffix: SUFFIX, arch, digest, expect: NAMES, claims: { ...AT_ONCE, run_id: '6200' } });
  const view = () => world.call({ path: `/v1/merges/core/6200/${SUFFIX}` });
  for (const until = Date.now() + 120_000; Date.now() < until && !isOver(await view()); ) await sleep(200);
  last = await view();
}, 240_000);
afterAll(() => world?.close());

function countOf(invocation: string) {
  const count = waiting.get(invocation) ?? { now: 0, most: 0 };
  waiting.set(invocation, count);
  return count;
}

/** The locks' invocations by what only they ask; the rest is the merge's, which has one at a time. */
function invocationOf({ method, url }: Request): string {
  const { host, pathname } = new URL(url);
  const [, reference = ''] = /\/manifests\/(.+)$/.exec(pathname) ?? [];
  if (reference.startsWith('sha256-')) return `the lock of a fallback tag: ${reference}`;
  if (method === 'PUT' && reference.startsWith('sha256:') && !legs.has(reference)) indexed.add(host);
  const isOfLock = reference === TAG || (method === 'HEAD' && legs.has(reference) && indexed.has(host));
  return isOfLock ? `the lock of ${TAG} at ${host}` : 'the merge';
}

/** An image of so many small layers. */
function buildImage(arch: string) {
  const layers = [...Array(LAYERS).keys()]
    .map(() => randomBytes(100))
    .map((bytes) => ({ bytes, digest: digestOf(bytes) }));
  const config = json({ architecture: arch, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const bytes = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.byteLength,
    },
    layers: layers.map((layer) => {
      return {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: layer.digest,
        size: layer.bytes.byteLength,
      };
    }),
  });
  const blobs = [{ bytes: config, digest: digestOf(config) }, ...layers];
  return { arch, mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(bytes), bytes, blobs };
}

describe(`an index of ${PLATFORMS} platforms with ${LAYERS} layers each, copied to another registry`, () => {
  it('is not done in one invocation: the caller is told that an alarm goes on', () => {
    expect(first).toMatchObject({ status: 503, body: { state: 'retrying', code: 'CALLS_SPENT' } });
    expect(calls).toBeGreaterThan(2 * CALLS_PER_INVOCATION);
  });
  it('is published by the alarms', () => {
    expect(last).toMatchObject({ body: { state: 'published' } });
  });
  it('has every platform, in both registries', async () => {
    for (const client of world.clients) {
      const pulled = await client.pull(CORE, TAG);
      expect(pulled?.digest).toBe(last.body.digest);
      expect((JSON.parse(pulled?.text ?? '{}') as { manifests: object[] }).manifests).toHaveLength(PLATFORMS);
    }
  });
  it('is signed once, in all', () => {
    expect(world.stack.sigstore.counts).toMatchObject({ certificates: 1, entries: 1 });
  });
  it('keeps no more than six calls of an invocation waiting', () => {
    expect([...waiting].filter(([, { most }]) => most > 6)).toEqual([]);
  });
  it('has as many waiting as may: in the merge six, in a lock the four that one host may have', () => {
    const hosts = world.stack.registries.map(({ host }) => `the lock of ${TAG} at ${host}`);
    expect(['the merge', ...hosts].map((invocation) => waiting.get(invocation)?.most)).toEqual([6, 4, 4]);
  });
});
