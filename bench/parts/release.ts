import { readdirSync, statSync } from 'node:fs';
import { judgeRelease } from '../../demo/release/judge.ts';
import { planWholeMatrix, type ReleaseMerge, readRelease } from '../../demo/release/matrix.ts';
import { Release } from '../../demo/release/replay.ts';
import { type Latencies, type MeasuredWorld, startMeasuredWorld } from '../embedded.ts';
import { exactly, type Figure, type Goal } from '../figure.ts';
import type { BenchOptions, Part } from '../part.ts';
import { readUsage } from '../process-usage.ts';

/** Registries, Fulcio and Rekor as they are from a data centre. */
const FAR: Latencies = { registry: 80, fulcio: 150, rekor: 1000 };
const NEAR: Latencies = { registry: 0, fulcio: 0, rekor: 0 };
const MOST_MEMORY_MB = 400;
const PROJECTS = 3;

/** LocalAI's whole Linux release, from its matrix, at once: reports, then the finishing calls; every tag is looked at. */
export const release: Part = {
  name: 'release',
  title: "LocalAI's Linux release: 386 merges of 457 legs to two registries",
  run: async (options) => {
    const merges = await readRelease(options.quick ? 8 : 1);
    const near = await measure(merges, { label: 'embedded services', latencies: NEAR, mostSeconds: 60 }, options);
    const far = await measure(merges, { label: 'with latency', latencies: FAR, mostSeconds: 120 }, options);
    return [...near, ...far, ...(await measureSeveral(options))];
  },
};

interface Setting {
  readonly label: string;
  readonly latencies: Latencies;
  readonly mostSeconds: number;
}

async function measure(
  merges: readonly ReleaseMerge[],
  { label, latencies, mostSeconds }: Setting,
  { say }: BenchOptions,
): Promise<Figure[]> {
  say(`${merges.length} merges, ${label}`);
  const world = await startMeasuredWorld({ configure: (config) => config });
  try {
    const times: { path: string; ms: number }[] = [];
    const one = createRelease(world, merges, { observe: (path, ms) => times.push({ path, ms }) });
    await one.push();
    await planRelease(one);
    world.setLatencies(latencies);
    world.resetCalls();
    const { seconds, cpuSeconds, peakMb, value } = await watch(world, () => replay(one));
    const calls = world.calls().length;
    world.setLatencies(NEAR);
    const problems = await judgeRelease(one, { ...value, run: await one.view() });
    if (problems.length > 0) throw new Error(`${problems.length} problems, the first: ${problems[0]}`);
    const reports = times.filter(({ path }) => path === '/v1/arrivals').map(({ ms }) => ms);
    const finishing = times.filter(({ path }) => path.endsWith('/finish')).map(({ ms }) => ms / 1000);
    const figure = (name: string, unit: string, value: number, goal?: Omit<Goal, 'of'>): Figure => ({
      name: `${label}: ${name}`,
      unit,
      muster: exactly(value),
      ...(goal ? { goal: { of: 'muster', ...goal } } : {}),
    });
    return [
      figure('the whole release', 's', seconds, { atMost: mostSeconds }),
      { ...figure('merges a second', '1/s', merges.length / seconds), moreIsBetter: true },
      figure('a report, half are faster', 'ms', quantile(reports, 0.5)),
      figure('a report, 99 of 100 are faster', 'ms', quantile(reports, 0.99)),
      figure('a finishing call, the longest of five', 's', Math.max(...finishing)),
      figure('calls to all services, a merge', 'calls', calls / merges.length),
      figure('CPU time of workerd, a merge', 'ms', (cpuSeconds * 1000) / merges.length),
      figure('storage of all objects, a merge', 'kB', sizeOf(world.folder) / 1000 / merges.length),
      figure('peak memory of workerd', 'MB', peakMb, { atMost: MOST_MEMORY_MB }),
    ];
  } finally {
    await world.close();
  }
}

/** A third of the release for each of three projects at once, beside the same number of merges for one: throughput. */
async function measureSeveral({ quick, say }: BenchOptions): Promise<Figure[]> {
  say(`${PROJECTS} projects at once`);
  const merges = await readRelease(quick ? 24 : 6);
  const alone = await throughput(merges, 1);
  const together = await throughput(merges, PROJECTS);
  return [
    {
      name: `merges a second, ${PROJECTS} projects at once`,
      unit: '1/s',
      muster: exactly(together),
      peer: { name: 'one project', ...exactly(alone) },
      moreIsBetter: true,
      goal: { of: 'ratio', atLeast: 0.9 },
    },
  ];
}

async function throughput(merges: readonly ReleaseMerge[], projects: number): Promise<number> {
  const names = Array.from({ length: projects }, (_, at) => `p${at}`);
  const world = await startMeasuredWorld({
    configure: (config) => {
      const [core, localai] = config.projects;
      // Tags of their own, as different projects have.
      const own = names.map((name) => ({ ...localai, name, tags: [`type=ref,event=branch,prefix=${name}-`] }));
      return { ...config, projects: [core, ...own] };
    },
  });
  try {
    const releases = names.map((project, at) => createRelease(world, merges, { project, run_id: String(5000 + at) }));
    await releases[0]?.push();
    for (const one of releases) await planRelease(one);
    const { seconds } = await watch(world, () => Promise.all(releases.map(replay)));
    const views = await Promise.all(releases.map((one) => one.view()));
    const open = views.filter(({ body }) => Object(body.counts).published !== merges.length);
    if (open.length > 0)
      throw new Error(`not all are published: ${JSON.stringify(views.map(({ body }) => body.counts))}`);
    return (merges.length * projects) / seconds;
  } finally {
    await world.close();
  }
}

interface ReleaseOptions {
  readonly run_id?: string;
  readonly project?: string;
  readonly observe?: (path: string, ms: number) => void;
}

function createRelease(world: MeasuredWorld, merges: readonly ReleaseMerge[], options: ReleaseOptions): Release {
  return new Release(merges, { stack: world.stack, url: world.worker().url, run_id: '4242', ...options });
}

/** The matrix job's plan, of these merges only. */
export async function planRelease(one: Release): Promise<void> {
  const suffixes = new Set(one.merges.map(({ tag_suffix }) => tag_suffix));
  const plan = (await planWholeMatrix()).filter(({ tag_suffix }) => suffixes.has(tag_suffix));
  const { status, body } = await one.plan(plan);
  if (status !== 200) throw new Error(`a plan: ${status} ${JSON.stringify(body).slice(0, 300)}`);
}

/** As the jobs send it. */
async function replay(one: Release) {
  const reported = await one.report();
  return { reported, finished: await one.finish() };
}

interface Watched<Value> {
  readonly value: Value;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** What workerd takes for some work. */
async function watch<Value>(world: MeasuredWorld, work: () => Promise<Value>): Promise<Watched<Value>> {
  const { pid } = world.worker();
  const before = readUsage(pid).cpuMs;
  const begun = performance.now();
  const value = await work();
  const seconds = (performance.now() - begun) / 1000;
  const { cpuMs, peakMemoryMb } = readUsage(pid);
  return { value, seconds, cpuSeconds: (cpuMs - before) / 1000, peakMb: peakMemoryMb };
}

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(`${parentPath}/${name}`).size, 0);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
