import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../demo/config.ts';
import { BUILDER, startWorld, type World } from './world.ts';

type Line = Readonly<Record<string, unknown>>;
const SUFFIX = '-logged';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const images = await world.push(BACKENDS, 'logged');
  for (const image of images) await world.report({ suffix: SUFFIX, ...image, claims: BUILDER });
  // As often as a call is tried: then the step has failed.
  const isManifest = ({ method, url }: Request) => method === 'PUT' && /\/manifests\/sha256:/.test(url);
  world.stack.registries[0].demo.faults.add({ kind: 'status', status: 502, times: 4, match: isManifest });
  expect(await world.finish('4242')).toMatchObject({ status: 503 });
  expect(await world.finish('4242')).toMatchObject({ status: 200 });
}, 60_000);
afterAll(() => world?.close());

/** What the Worker wrote of something, in its order. */
const lines = (at: string): Line[] =>
  world
    .log()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
    .filter((line) => line.at === at);
const keyOf = ({ step, target = '' }: Line) => `${step} ${target}`;

describe('the log of a merge', () => {
  it('names project, run, attempt, suffix and step', () => {
    for (const line of lines('step'))
      expect(line).toMatchObject({ project: 'localai', run: '4242', attempt: 1, suffix: SUFFIX, generation: 1 });
  });
  it('has each step once as it begins, and once as it ends', () => {
    const begun = lines('step').filter(({ state }) => state === 'running');
    const ended = lines('step').filter(({ state }) => state !== 'running');
    expect(ended.map(keyOf).sort()).toEqual(begun.map(keyOf).sort());
    const done = ended.filter(({ state }) => state === 'done').map(keyOf);
    const [first, second] = world.stack.registries.map(({ host }) => `${host}/${BACKENDS}`);
    const perTarget = ['attach', 'list', 'push', 'stage', 'tag', 'verify'].flatMap((step) => [
      `${step} ${first}`,
      `${step} ${second}`,
    ]);
    expect(done.sort()).toEqual([...perTarget, 'inspect ', 'read ', 'release ', 'sign '].sort());
    for (const line of ended) expect(line.ms).toBeTypeOf('number');
  });
  it('says why a step failed, and when it is tried again', () => {
    const failed = lines('step').filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject([{ code: 'PEER_FAILED', tries: 1, problem: expect.stringContaining('502') }]);
    expect(failed[0]?.retry_in_ms).toBeGreaterThan(0);
  });
  it('says what it came to whenever it rests', () => {
    expect(lines('merge').map(({ state }) => state)).toEqual(['waiting', 'needs_token', 'retrying', 'published']);
  });
});

interface Rates {
  readonly calls: number;
  readonly error_rate: number | null;
  readonly errors: Readonly<Record<string, number>>;
}
type Registry = { readonly host: string; readonly last_hour: Rates; readonly last_day: Rates };

describe('GET /v1/status', () => {
  it('says how often each registry failed', async () => {
    const rates = async () => {
      const { registries } = (await world.call({ path: '/v1/status' })).body as { registries: Registry[] };
      return world.stack.registries.map(({ host }) => registries.find((registry) => registry.host === host));
    };
    // An isolate hands its counts on every ten seconds.
    let [first, second] = await rates();
    for (const until = Date.now() + 20_000; Date.now() < until && !first?.last_hour.errors.failed; await sleep(500))
      [first, second] = await rates();
    expect(first?.last_hour.errors).toEqual({ failed: 4 });
    expect(first?.last_hour.error_rate).toBeGreaterThan(0);
    expect(second?.last_hour).toMatchObject({ error_rate: 0, errors: {} });
    expect(second?.last_hour.calls).toBeGreaterThan(10);
    expect(first?.last_day).toEqual(first?.last_hour);
  }, 30_000);
});
