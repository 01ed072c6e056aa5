import type { Answer } from '../../demo/caller.ts';
import { BACKENDS, CACHE, CORE } from '../../demo/config.ts';
import { ConnectionReset, type Handler } from '../../demo/handler.ts';
import type { Image } from '../../demo/images.ts';
import { type Facts, type RunFacts, type Watch, watchInvariants } from '../../demo/registry/invariants.ts';
import { AT_ONCE, startWorld, type World } from '../flow/world.ts';

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

interface Merge extends RunFacts {
  readonly suffix: string;
  readonly images: readonly Image[];
}

/** Starts the embedded services and the built Worker on SQLite on disk; `firstRun` keeps run ids of several worlds apart. */
export async function startCrashWorld(firstRun: number): Promise<CrashWorld> {
  const trap: { point?: KillPoint; calls: number; counting: boolean; sprung: boolean } = {
    calls: 0,
    counting: false,
    sprung: false,
  };
  const world: World = await startWorld({
    intercept: (request, handler) => spring(trap, request, handler, () => world.kill()),
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) => ({
        ...project,
        targets: project.targets.map(({ repository }) => ({
          repository,
          source: repository.replace(/\/go-skynet\/.*/, `/${CACHE}`),
          public: true,
        })),
      })),
    }),
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
      const merge = await prepare(world, String(run));
      merges.push(merge);
      await world.restart();
      const entries = world.stack.sigstore.counts.entries;
      Object.assign(trap, { point, calls: 0, counting: true, sprung: false });
      const answer = await report(world, merge, trap, point?.ending ?? 'retry');
      trap.counting = false;
      const problems = await judge(world, merge, answer);
      const signed = world.stack.sigstore.counts.entries - entries;
      if (signed < 1 || signed > (trap.sprung ? 2 : 1)) problems.push(`${signed} log entries`);
      return { calls: trap.calls, killed: trap.sprung, problems };
    },
  };
}

/** Counts the calls of a merge's first life, and ends it at the kill point. */
async function spring(
  trap: { point?: KillPoint; calls: number; counting: boolean; sprung: boolean },
  request: Request,
  handler: Handler,
  kill: () => void,
): Promise<Response> {
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

async function prepare(world: World, run_id: string): Promise<Merge> {
  const images = await world.push(CORE, `crash ${run_id}`);
  return { run_id, run_attempt: 1, suffix: `-c${run_id}`, images, digests: images.map(({ digest }) => digest) };
}

/** What a build's two jobs do: a report each, sent again until the Worker takes it. */
async function report(
  world: World,
  merge: Merge,
  trap: { sprung: boolean },
  ending: KillPoint['ending'],
): Promise<Answer> {
  let last: Answer = { status: 0, body: {} };
  for (const { arch, digest } of merge.images) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = trap.sprung;
      const claims = { ...AT_ONCE, run_id: merge.run_id };
      last = await world.report({ suffix: merge.suffix, arch, digest, claims }).catch(() => ({ status: 0, body: {} }));
      if (last.status === 200 || last.status === 202) break;
      if (last.status === 0) await world.restart();
      if (!before && ending === 'alarm' && (await endsByItself(world, merge))) break;
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

const viewOf = (world: World, { run_id, suffix }: Merge) => world.call({ path: `/v1/merges/core/${run_id}/${suffix}` });

function isOver({ body }: Answer): boolean {
  const steps = (body.steps ?? []) as { step: string; state: string }[];
  return steps.some(({ step, state }) => step === 'release' && state === 'done');
}

/** Compares the end with that of a merge that nobody disturbed. */
async function judge(world: World, merge: Merge, answer: Answer): Promise<string[]> {
  const problems: string[] = [];
  const view = await viewOf(world, merge);
  if (view.body.state !== 'published')
    problems.push(`state ${view.body.state} after ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
  if (!isOver(view)) problems.push('its anchors were not released');
  for (const { host, demo } of world.stack.registries) {
    const { store } = demo;
    for (const tag of [`master${merge.suffix}`, `sha-5d0b549${merge.suffix}`]) {
      const found = store.manifest(CORE, tag);
      if (!found || found.digest !== view.body.digest) problems.push(`${host}: ${tag} is ${found?.digest}`);
    }
    const anchors = [...store.tags(CACHE).keys()].filter((tag) => tag.startsWith(`keepalive-${merge.run_id}`));
    if (anchors.length > 0) problems.push(`${host}: ${anchors.join(', ')} are left`);
    const verdict = await world.call({ path: `/v1/verify?ref=${host}/${CORE}@${view.body.digest}&policy=core` });
    if (verdict.body.verified !== true)
      problems.push(`${host}: ${String(verdict.body.code)} ${String(verdict.body.detail)}`);
  }
  return problems;
}

/** What the invariants ask: an index belongs to the run whose legs are exactly its children. */
function factsOf(world: World, merges: readonly Merge[]): Facts {
  const stores = world.stack.registries.map(({ demo }) => demo.store);
  const childrenOf = (index: string): string[] => {
    const stored = stores.flatMap((store) => [CORE, BACKENDS].flatMap((name) => store.manifest(name, index) ?? []))[0];
    const { manifests = [] } = stored ? (JSON.parse(new TextDecoder().decode(stored.bytes)) as Index) : {};
    return manifests.map(({ digest }) => digest);
  };
  return {
    runOf: (index) => {
      const children = childrenOf(index);
      const merge = merges.find(
        ({ digests }) => children.length === digests.length && children.every((one) => digests.includes(one)),
      );
      return merge && { ...merge, digests: [...merge.digests, index] };
    },
    isTagged: (runId) => {
      const merge = merges.find(({ run_id }) => run_id === runId);
      return (
        merge !== undefined &&
        stores.every(
          (store) =>
            store.manifest(CORE, `master${merge.suffix}`) && store.manifest(CORE, `sha-5d0b549${merge.suffix}`),
        )
      );
    },
  };
}
type Index = { manifests?: { digest: string }[] };
