import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../demo/caller.ts';
import { CORE } from '../../demo/config.ts';
import { ARCHES, buildImage, packLayer } from '../../demo/images.ts';
import { Faults } from '../../demo/registry/faults.ts';
import { type Watch, watchInvariants } from '../../demo/registry/invariants.ts';
import { factsOf, isOver, judge, type Merge, viewOf, withAnchors } from '../flow/outcome.ts';
import { AT_ONCE, startWorld, type World } from '../flow/world.ts';
import { CALL_TYPES, type CallType } from './call-types.ts';
import { FAULTS, type FaultClass } from './faults.ts';

/** A chunk is 1 MiB: three of them. */
const LARGE_LAYER_BYTES = 2.2 * 1024 * 1024;
/** A report is sent again as `curl --retry` does. */
const TRIES = 10;
const PATIENCE_MS = 30_000;
const SETTINGS = { copy_chunk_mebibytes: 1, call_timeout_seconds: 1 };

/** One call type under one fault; `problems` empty: it ended as if nothing had been. */
export interface Cell {
  readonly type: CallType;
  readonly fault: FaultClass;
  readonly problems: readonly string[];
}

/** Faults that the answer of a call type can have; of a cleanup, those that do not put it off for minutes. */
export function faultsOf({ name, cleanup }: CallType): readonly FaultClass[] {
  return FAULTS.filter(({ ofBody, putsOff }) => !(ofBody && /HEAD|DELETE|mounted/.test(name)) && !(putsOff && cleanup));
}

/** Runs the cells of every call type for one version of the log's API, one merge each, in so many worlds side by side. */
export async function runMatrix(log: 1 | 2, worlds: number): Promise<{ cells: Cell[]; violations: string[] }> {
  const types = CALL_TYPES.filter((type) => (log === 2 ? type.log !== 1 : type.log === 1));
  const rest = types.flatMap((type) => faultsOf(type).map((fault) => ({ type, fault })));
  const cells: Cell[] = [];
  const violations: string[] = [];
  const work = async (at: number) => {
    const world = await startFaultWorld(log, 100_000 * (at + 1));
    for (let next = rest.shift(); next; next = rest.shift()) cells.push(await world.run(next.type, next.fault));
    await world.watch.settled();
    violations.push(...world.watch.violations);
    await world.close();
  };
  await Promise.all([...Array(worlds).keys()].map(work));
  return { cells, violations };
}

interface FaultWorld {
  readonly watch: Watch;
  run(type: CallType, fault: FaultClass): Promise<Cell>;
  close(): Promise<void>;
}

async function startFaultWorld(rekorMajor: 1 | 2, firstRun: number): Promise<FaultWorld> {
  const faults = new Faults();
  const world = await startWorld({
    rekorMajor,
    intercept: (request, handler) => faults.wrap(handler)(request),
    configure: withAnchors(SETTINGS),
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
    run: async (type, fault) => {
      run += 1;
      const merge = await prepare(world, String(run));
      merges.push(merge);
      if (type.cold) await world.restart();
      const { entries } = world.stack.sigstore.counts;
      if (!type.cleanup) faults.add({ ...fault, match: type.matches });
      const answer = await publish(world, merge);
      if (type.cleanup) faults.add({ ...fault, match: type.matches });
      const problems = type.cleanup ? await cleanUp(world) : [];
      if (faults.pending > 0) problems.push(`the fault happened ${faults.pending} times too few`);
      faults.clear();
      problems.push(...(await judge(world, merge, answer)));
      const signed = world.stack.sigstore.counts.entries - entries;
      if (signed < 1 || signed > mostEntries(type, fault)) problems.push(`${signed} log entries`);
      return { type, fault, problems };
    },
  };
}

/**
 * One; one more where the log's own answer may be lost, also because what a service beside it sent too much comes first.
 * Rekor v1 gives an entry again that it has.
 */
function mostEntries({ name }: CallType, { kind, ofBody }: FaultClass): number {
  if (name === 'Rekor v1 POST' && !ofBody) return 1;
  return /Rekor/.test(name) || (kind === 'overrun' && /timestamp|Fulcio/.test(name)) ? 2 : 1;
}

/** Two legs, in the first registry only, one of them with a layer of several chunks. */
async function prepare(world: World, run_id: string): Promise<Merge> {
  const sizes = { amd64: 100, arm64: LARGE_LAYER_BYTES };
  const images = ARCHES.map((arch) => buildImage(arch, packLayer(randomBytes(sizes[arch])), `faults ${run_id}`));
  for (const image of images) await world.clients[0]?.pushImage(CORE, image);
  const digests = images.map(({ digest }) => digest);
  return { project: 'core', run_id, run_attempt: 1, suffix: `-f${run_id}`, images, digests };
}

/** What a build's two jobs do, until the merge has come to its end. */
async function publish(world: World, merge: Merge): Promise<Answer> {
  let last: Answer = { status: 0, body: {} };
  for (const { arch, digest } of merge.images) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      last = await world.report({ suffix: merge.suffix, arch, digest, claims: { ...AT_ONCE, run_id: merge.run_id } });
      if (last.status === 200 || last.status === 202) break;
      await sleep(1000);
    }
  }
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && !isOver(await viewOf(world, merge)); )
    await sleep(50);
  return last;
}

/** Rings the cron trigger, and waits until the cleanup has ended well in every registry. */
async function cleanUp(world: World): Promise<string[]> {
  const since = new Date().toISOString();
  await fetch(`${world.worker().url}/cdn-cgi/handler/scheduled`);
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(100)) {
    const { body } = await world.call({ path: '/v1/status' });
    const shown = body.keepalives as { last?: { started_at: string }; running?: object; problem?: object }[];
    if (shown.every(({ last, running }) => !running && (last?.started_at ?? '') >= since))
      return shown.flatMap(({ problem }) => (problem ? [JSON.stringify(problem)] : []));
  }
  return ['no cleanup ended'];
}

/** The matrix as text: a line a call type, a column a fault class; `ok`, `FAILED`, or `-` where there is no such fault. */
export function renderMatrix(cells: readonly Cell[]): string {
  const types = CALL_TYPES.filter((type) => cells.some((cell) => cell.type === type));
  const width = Math.max(...types.map(({ name }) => name.length));
  const row = (name: string, values: readonly string[]) =>
    [name.padEnd(width), ...values.map((value, at) => value.padEnd(FAULTS[at]?.name.length ?? 0))].join('  ').trimEnd();
  const cellOf = (type: CallType, fault: FaultClass) => {
    const cell = cells.find((one) => one.type === type && one.fault === fault);
    return cell ? (cell.problems.length === 0 ? 'ok' : 'FAILED') : '-';
  };
  const header = row(
    '',
    FAULTS.map(({ name }) => name),
  );
  return [
    header,
    ...types.map((type) =>
      row(
        type.name,
        FAULTS.map((fault) => cellOf(type, fault)),
      ),
    ),
  ].join('\n');
}
