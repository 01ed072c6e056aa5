import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, CORE, MERGE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { AT_ONCE, BUILDER, startWorld, type World } from './world.ts';

/** Orders that are tried, each with merges of its own; the seed makes a failure come again. */
const ORDERS = 6;
const SEED = 20_261_101;
const FINISHER = { job_workflow_ref: `${MERGE}@refs/heads/master` };

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.close());

async function legs(repository: string, title: string): Promise<readonly [Image, Image]> {
  const [amd64, arm64] = await world.push(repository, title);
  if (!amd64 || !arm64) throw new Error('two legs');
  return [amd64, arm64];
}

/** What a tag names, as the digests of its children; the same in both registries. */
async function childrenOf(repository: string, tag: string): Promise<string[]> {
  const pulled = await Promise.all(world.clients.map((client) => client.pull(repository, tag)));
  expect(pulled[1]?.digest).toBe(pulled[0]?.digest);
  const { manifests = [] } = JSON.parse(pulled[0]?.text ?? '{}') as { manifests?: { digest: string }[] };
  return manifests.map(({ digest }) => digest).sort();
}

function ordersOf(length: number): number[][] {
  const all = [...Array(length).keys()];
  return fc.sample(fc.shuffledSubarray(all, { minLength: length, maxLength: length }), { numRuns: ORDERS, seed: SEED });
}

describe('the reports and finishing calls of a run, in any order', () => {
  const orders = ordersOf(8).map((order, at) => ({ order, run_id: String(8100 + at) }));

  it.each(orders)(
    'end in the newest legs of each sibling: $order',
    async ({ order, run_id }) => {
      const [plain, sibling] = [`-o${run_id}`, `-o${run_id}-omni`];
      const [old, arm] = await legs(BACKENDS, `plain ${run_id}`);
      const [amd] = await legs(BACKENDS, `plain ${run_id}, built again`);
      const [omniAmd, omniArm] = await legs(BACKENDS, `omni ${run_id}`);
      const report = (suffix: string, { arch, digest }: Image, run_attempt = '1') =>
        world.report({ suffix, arch, digest, claims: { ...BUILDER, run_id, run_attempt } });
      const events = [
        () => report(plain, old),
        () => report(plain, amd, '2'),
        () => report(plain, arm),
        () => report(plain, arm),
        () => report(sibling, omniAmd),
        () => report(sibling, omniArm),
        () => world.finish(run_id, FINISHER),
        () => world.finish(run_id, { ...FINISHER, run_attempt: '2' }),
      ];
      for (const at of order) await events[at]?.();
      // Whatever came before: the step that is run again at the end finds all legs.
      expect(await world.finish(run_id, { ...FINISHER, run_attempt: '2' })).toMatchObject({ status: 200 });
      expect(await childrenOf(BACKENDS, `master${plain}`)).toEqual([amd.digest, arm.digest].sort());
      expect(await childrenOf(BACKENDS, `master${sibling}`)).toEqual([omniAmd.digest, omniArm.digest].sort());
    },
    60_000,
  );
});

describe('two runs of one tag, in any order', () => {
  const orders = ordersOf(4).map((order, at) => ({
    order,
    suffix: `-two-${at}`,
    runs: [`${9000 + at}1`, `${9000 + at}2`],
  }));

  it.each(orders)(
    'leave the newer: $order',
    async ({ order, suffix, runs: [older = '', newer = ''] }) => {
      const [first, second] = [await legs(CORE, `older ${suffix}`), await legs(CORE, `newer ${suffix}`)];
      const report = (run_id: string, { arch, digest }: Image) =>
        world.report({ suffix, arch, digest, claims: { ...AT_ONCE, run_id } });
      const events = [
        () => report(older, first[0]),
        () => report(older, first[1]),
        () => report(newer, second[0]),
        () => report(newer, second[1]),
      ];
      for (const at of order) await events[at]?.();
      expect(await childrenOf(CORE, `master${suffix}`)).toEqual(second.map(({ digest }) => digest).sort());
    },
    60_000,
  );

  it('leave the newer where both finish at once', async () => {
    const [older, newer] = [await legs(CORE, 'older, at once'), await legs(CORE, 'newer, at once')];
    const report = (run_id: string, { arch, digest }: Image) =>
      world.report({ suffix: '-at-once', arch, digest, claims: { ...AT_ONCE, run_id } });
    await Promise.all([report('99001', older[0]), report('99002', newer[0])]);
    const answers = await Promise.all([report('99002', newer[1]), report('99001', older[1])]);
    expect(answers[0]).toMatchObject({ status: 200, body: { state: 'published' } });
    expect(await childrenOf(CORE, 'master-at-once')).toEqual(newer.map(({ digest }) => digest).sort());
  }, 60_000);
});
