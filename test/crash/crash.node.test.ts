import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashWorld, type KillPoint, startCrashWorld } from './crash.ts';
import { SCENARIOS } from './scenarios.ts';

/** A part of all calls, a side of the call, and what ends the merge. */
const POINTS: readonly [number, KillPoint['when'], KillPoint['ending']][] = [
  [0.05, 'after', 'retry'],
  [0.3, 'before', 'retry'],
  [0.5, 'after', 'retry'],
  [0.7, 'after', 'alarm'],
  [0.85, 'before', 'retry'],
  [0.9, 'after', 'alarm'],
];

/** A short form of `npm run crash`: some points of each part of a merge. */
describe.each(SCENARIOS)('a merge whose Worker is killed ($name)', (scenario) => {
  let world: CrashWorld;
  let calls: number;
  beforeAll(async () => {
    world = await startCrashWorld(scenario, 50_000);
    const undisturbed = await world.run();
    expect(undisturbed.problems).toEqual([]);
    calls = undisturbed.calls;
  }, 60_000);
  afterAll(() => world?.close());

  it.each(POINTS)(
    'at %d of its calls, %s the peer acts, ends as if it had not been (%s)',
    async (part, when, ending) => {
      const run = await world.run({ call: Math.ceil(calls * part), when, ending });
      expect(run).toMatchObject({ killed: true, problems: [] });
    },
    60_000,
  );

  it('keeps every invariant at every write', async () => {
    await world.watch.settled();
    expect(world.watch.writes).toBeGreaterThan(50);
    expect(world.watch.violations).toEqual([]);
  });
});
