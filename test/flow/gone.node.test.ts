import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHE, CORE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { withAnchors } from './outcome.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ configure: withAnchors() });
}, 60_000);
afterAll(() => world?.close());

/** What garbage collection does: a manifest goes, with every tag of it, from each repository. */
async function collect(digest: string, clients = world.clients): Promise<void> {
  for (const client of clients) for (const name of [CORE, CACHE]) await client.deleteManifest(name, digest);
}

async function legs(title: string): Promise<readonly [Image, Image]> {
  const [amd64, arm64] = await world.push(CORE, title);
  if (!amd64 || !arm64) throw new Error('two legs');
  return [amd64, arm64];
}
const report = (suffix: string, { arch, digest }: Image, run_id: string, run_attempt = '1') =>
  world.report({ suffix, arch, digest, claims: { ...AT_ONCE, run_id, run_attempt } });

describe('a leg that the registries collected before the merge', () => {
  const suffix = '-gone';
  let [amd64, arm64]: Image[] = [];

  beforeAll(async () => {
    [amd64, arm64] = await legs('gone');
    if (amd64) await report(suffix, amd64, '4100');
    await collect(amd64?.digest ?? '');
  }, 60_000);

  it('is named with its digest and its arch, and no tag moves', async () => {
    const answer = await report(suffix, arm64 as Image, '4100');
    expect(answer).toMatchObject({ status: 422, body: { state: 'failed', code: 'SOURCE_GONE' } });
    expect(answer.body.reason).toContain(amd64?.digest);
    expect(answer.body.reason).toContain('build amd64 again');
    expect(await world.tagged(`master${suffix}`, CORE)).toEqual([undefined, undefined]);
  });
  it('is taken up again by a new report of it, with the same signature where it is the same image', async () => {
    const { entries } = world.stack.sigstore.counts;
    for (const client of world.clients) await client.pushImage(CORE, amd64 as Image);
    const answer = await report(suffix, amd64 as Image, '4100', '2');
    expect(answer).toMatchObject({ status: 200, body: { state: 'published', generation: 1 } });
    expect(world.stack.sigstore.counts.entries).toBe(entries);
  });
  it('is taken up again by a report of what was built instead', async () => {
    const [first, second] = await legs('gone too');
    await report('-gone-b', first, '4101');
    await collect(first.digest);
    expect(await report('-gone-b', second, '4101')).toMatchObject({ body: { code: 'SOURCE_GONE' } });
    const [built] = await legs('built again');
    const answer = await report('-gone-b', built, '4101', '2');
    expect(answer).toMatchObject({ status: 200, body: { state: 'published', generation: 2 } });
  });
});

describe('a leg that one registry has lost', () => {
  it('is healed from the other one', async () => {
    const [amd64, arm64] = await legs('healed');
    await report('-heal', amd64, '4102');
    await collect(amd64.digest, world.clients.slice(0, 1));
    const answer = await report('-heal', arm64, '4102');
    expect(answer).toMatchObject({ status: 200, body: { state: 'published' } });
    expect(world.stack.registries[0].demo.store.manifest(CORE, amd64.digest)).toBeDefined();
  });
});
