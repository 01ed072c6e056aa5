import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../demo/caller.ts';
import { CORE, IMAGE } from '../../demo/config.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) => ({ ...project, flavor: 'prefix=gpu-,onlatest=true' })),
    }),
  });
}, 60_000);
afterAll(() => world?.close());

/** What the release of a version answers: the states of its tags in the first registry. */
async function release(run_id: string, version: string) {
  const ref = `refs/tags/${version}`;
  const claims = { job_workflow_ref: `${IMAGE}@${ref}`, ref, ref_type: 'tag', run_id };
  let body: Answer['body'] = {};
  for (const { arch, digest } of await world.push(CORE, version))
    ({ body } = await world.report({ suffix: '', arch, digest, claims }));
  const { digest, targets } = body as {
    digest: string;
    targets: { tags: { name: string; state: string }[] }[];
  };
  return { digest, states: Object.fromEntries((targets[0]?.tags ?? []).map(({ name, state }) => [name, state])) };
}

describe('a lower version that is released after a higher one', () => {
  it('leaves latest where it is, under its prefix, too', async () => {
    const higher = await release('100', 'v2.0.0');
    expect(higher.states).toMatchObject({ 'gpu-latest': 'set' });
    const lower = await release('101', 'v1.9.5');
    expect(lower.states).toMatchObject({ 'gpu-v1.9.5': 'set', 'gpu-latest': 'superseded' });
    expect(await world.tagged('gpu-latest', CORE)).toEqual([higher.digest, higher.digest]);
  });
});
