import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeRelease, type Replayed } from '../../demo/release/judge.ts';
import { planWholeMatrix, readRelease } from '../../demo/release/matrix.ts';
import { Release } from '../../demo/release/replay.ts';
import { startWorld, type World } from './world.ts';

/** Of LocalAI's 386 merges for Linux, each tenth; `npm run replay` takes them all. */
const EVERY = 10;

let world: World;
let release: Release;
let replayed: Replayed;
/** What is found to be wrong while nothing is published yet. */
let early: readonly string[];
beforeAll(async () => {
  world = await startWorld();
  release = new Release(await readRelease(EVERY), { stack: world.stack, url: world.worker().url, run_id: '4242' });
  await release.push();
  await release.plan(await planWholeMatrix());
  const reported = await release.report();
  early = await judgeRelease(release, { reported, finished: [], run: await release.view() });
  const finished = await release.finish();
  replayed = { reported, finished, run: await release.view() };
}, 180_000);
afterAll(() => world?.close());

describe('a release of LocalAI', () => {
  it('has 386 merges of 457 legs for Linux', async () => {
    const whole = await readRelease();
    expect([whole.length, whole.flatMap(({ legs }) => legs).length]).toEqual([386, 457]);
  });
  it('ends all published in both registries, by five finishing calls', async () => {
    expect(await judgeRelease(release, replayed)).toEqual([]);
    expect(replayed.finished).toHaveLength(5);
  });
  it('would not have passed before them', () => {
    expect(early).toContainEqual(expect.stringContaining('the run counts'));
    expect(early).toContainEqual(expect.stringContaining('anchors are left'));
    expect(early.filter((problem) => problem.includes(' holds '))).toHaveLength(2 * release.merges.length);
  });
  it('has one log entry a merge, and at least one certificate a finishing call', () => {
    // A call whose time is over on a slow machine is sent again, and asks for another certificate.
    const { certificates, entries } = world.stack.sigstore.counts;
    expect(entries).toBe(release.merges.length);
    expect(certificates).toBeGreaterThanOrEqual(5);
    expect(certificates).toBeLessThan(release.merges.length);
  });
  it('leaves what did not come waiting', () => {
    expect(replayed.run.body).toMatchObject({ counts: { waiting: 448 - release.merges.length } });
  });
  it('shows in the run only what is planned, once a later plan leaves the rest out', async () => {
    const suffixes = new Set(release.merges.map(({ tag_suffix }) => tag_suffix));
    const plan = (await planWholeMatrix()).filter(({ tag_suffix }) => suffixes.has(tag_suffix));
    expect((await release.plan(plan)).body).toMatchObject({ added: [], changed: [] });
    expect((await release.view()).body).toMatchObject({ counts: { published: release.merges.length } });
  });
});
