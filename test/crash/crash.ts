import type { Answer } from '../../demo/caller.ts';
import { ConnectionReset, type Handler } from '../../demo/handler.ts';
import { type Watch, watchInvariants } from '../../demo/registry/invariants.ts';
import { factsOf, isOver, judge, type Merge, viewOf } from '../flow/outcome.ts';
import { startWorld, type World } from '../flow/world.ts';
import type { Scenario } from './scenarios.ts';

/** Longer than the alarm of a killed merge takes to fire. */
const ALARM_PATIENCE_MS = 15_000;
const TRIES = 6;

/** Where workerd is killed: at the n-th call that it makes, before the peer does anything, or after it has done it all. */
export interface KillPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  /** What brings the merge to its end: its own alarm, or the CI step that is run again. */
  readonly ending: 'alarm' | 'retry';
}

/** How a merge ended that was killed once, or never. */
export interface CrashRun {
  /** Calls of the first life. */
  readonly calls: number;
  /** Whether the kill point was reached. */
  readonly killed: boolean;
  /** What was wrong with the end, in words. */
  readonly problems: readonly string[];
}

/** A world in which merges are killed one after the other. */
export interface CrashWorld {
  run(point?: KillPoint): Promise<CrashRun>;
  readonly watch: Watch;
  close(): Promise<void>;
}

/** Counts the calls of a merge's first life, and springs at one of them. */
interface Trap {
  point: KillPoint | undefined;
  calls: number;
  counting: boolean;
  sprung: boolean;
}

/** Starts the embedded services and the built Worker on SQLite on disk; `firstRun` keeps run ids of several worlds apart. */
export async function startCrashWorld(scenario: Scenario, firstRun: number): Promise<CrashWorld> {
  const trap: Trap = { point: undefined, calls: 0, counting: false, sprung: false };
  const world: World = await startWorld({
    ...scenario.options,
    intercept: (request, handler) => spring(trap, request, handler, () => world.kill()),
  });
  const merges: Merge[] = [];
  const watch = watchInvariants(
    world.stack.registries.map(({ demo }) => demo),
    factsOf(world, merges),
  );
  let run = firstRun;
  return {
    watch,
    close: () => world.close(),
    run: async (point) => {
      run += 1;
      const merge = await scenario.prepare(world, String(run));
      merges.push(merge);
      await world.restart();
      const { entries } = world.stack.sigstore.counts;
      Object.assign(trap, { point, calls: 0, counting: true, sprung: false });
      const answer = await publish(world, scenario, merge, trap);
      trap.counting = false;
      const problems = await judge(world, merge, answer);
      const signed = world.stack.sigstore.counts.entries - entries;
      if (signed < 1 || signed > (trap.sprung ? 2 : 1)) problems.push(`${signed} log entries`);
      return { calls: trap.calls, killed: trap.sprung, problems };
    },
  };
}

async function spring(trap: Trap, request: Request, handler: Handler, kill: () => void): Promise<Response> {
  if (!trap.counting || trap.sprung) return handler(request);
  trap.calls += 1;
  if (trap.calls !== trap.point?.call) return handler(request);
  trap.sprung = true;
  if (trap.point.when === 'before') {
    kill();
    throw new ConnectionReset();
  }
  const response = await handler(request);
  kill();
  await response.body?.cancel();
  throw new ConnectionReset();
}

/** What the run's jobs do, each sent again until the Worker takes it. */
async function publish(world: World, scenario: Scenario, merge: Merge, trap: Trap): Promise<Answer> {
  let last: Answer = { status: 0, body: {} };
  for (const job of scenario.jobs(world, merge)) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = trap.sprung;
      last = await job().catch(() => ({ status: 0, body: {} }));
      if (last.status === 200 || last.status === 202) break;
      if (last.status === 0) await world.restart();
      if (!before && trap.point?.ending === 'alarm' && (await endsByItself(world, merge))) break;
    }
  }
  return last;
}

/** Whether the alarm brings the merge to its end; not if it waits for a report or a token. */
async function endsByItself(world: World, merge: Merge): Promise<boolean> {
  for (const until = Date.now() + ALARM_PATIENCE_MS; Date.now() < until; ) {
    const view = await viewOf(world, merge);
    if (isOver(view)) return true;
    if (view.body.state !== 'merging' && view.body.state !== 'retrying' && view.body.state !== 'published')
      return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
