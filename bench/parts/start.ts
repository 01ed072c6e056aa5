import { gzipSync } from 'node:zlib';
import { CORE } from '../../demo/config.ts';
import { describeWorker, startRuntime, type WorkerModule } from '../../demo/runtime.ts';
import { startDemoStack } from '../../demo/stack.ts';
import { buildWorker } from '../../demo/worker.ts';
import { startWorkerd } from '../../demo/workerd.ts';
import { AT_ONCE, startWorld, type World } from '../../test/flow/world.ts';
import { exactly, type Figure, type Goal, spreadOf } from '../figure.ts';
import type { BenchOptions, Part } from '../part.ts';
import { readUsage, readYoungCpuMs } from '../process-usage.ts';

const KIB = 1024;
/** How large the Worker is, how long it takes to start, and how much of a processor its routes take. */
export const start: Part = {
  name: 'start',
  title: 'bundle, start-up, CPU time of each route',
  run: async (options) => [
    ...(await measureBundle()),
    ...(await measureStart(options)),
    ...(await measureRoutes(options)),
  ],
};

async function measureBundle(): Promise<Figure[]> {
  const sizes = (await buildWorker()).map(({ contents }) => ({
    raw: contents.byteLength,
    gzip: gzipSync(contents, { level: 9 }).byteLength,
  }));
  const sum = (kind: 'raw' | 'gzip') => exactly(sizes.reduce((total, size) => total + size[kind], 0) / KIB);
  return [
    { name: 'bundle', unit: 'KiB', muster: sum('raw') },
    { name: 'bundle, gzip', unit: 'KiB', muster: sum('gzip'), goal: { of: 'muster', atMost: 400 } },
  ];
}

/**
 * From the start of the process until it listens, which is when the code is parsed and its global scope has run, and on
 * to the first answer; less the same of an empty Worker, measured in turn.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#worker-startup-time
 */
async function measureStart({ repeats, say }: BenchOptions): Promise<Figure[]> {
  say('start-up, beside an empty Worker');
  const stack = await startDemoStack();
  const modules = await buildWorker();
  const spent: Start[] = [];
  try {
    const bindings = { MUSTER: JSON.stringify(stack.musterConfig()), REGISTRY_AUTH: stack.registryAuth };
    const whole = { ...(await describeWorker(modules)), bindings };
    const empty = { ...whole, modules: [emptyWorker(whole)] };
    for (let at = 0; at < repeats * 3; at += 1) {
      const without = await timeStart(empty);
      const started = await timeStart(whole);
      spent.push({
        wallMs: started.wallMs - without.wallMs,
        cpuMs: started.cpuMs - without.cpuMs,
        firstCpuMs: started.firstCpuMs - without.firstCpuMs,
      });
    }
  } finally {
    await stack.close();
  }
  const figure = (name: string, of: (start: Start) => number, goal?: Goal): Figure => ({
    name,
    unit: 'ms',
    muster: spreadOf(spent.map((start) => Math.max(0, of(start)))),
    ...(goal ? { goal } : {}),
  });
  return [
    figure('start-up, CPU time', ({ cpuMs }) => cpuMs, { of: 'muster', atMost: 60 }),
    figure('start-up, by the clock', ({ wallMs }) => wallMs),
    figure('the first answer after it, CPU time', ({ firstCpuMs }) => firstCpuMs),
  ];
}

interface Start {
  /** Until it listens. */
  readonly wallMs: number;
  readonly cpuMs: number;
  /** From then on, until `GET /healthz` is answered: the configuration is parsed in it. */
  readonly firstCpuMs: number;
}

/** A Worker with the same objects that does nothing, for what the runtime itself takes. */
function emptyWorker({
  durableObjects,
}: {
  readonly durableObjects: Readonly<Record<string, { className: string }>>;
}): WorkerModule {
  const classes = Object.values(durableObjects).map(
    ({ className }) => `export class ${className} extends DurableObject {}`,
  );
  const lines = [
    "import { DurableObject } from 'cloudflare:workers';",
    ...classes,
    "export default { fetch: () => new Response('ok') };",
  ];
  return { type: 'ESModule', path: 'index.js', contents: Buffer.from(lines.join('\n')) };
}

async function timeStart(settings: object): Promise<Start> {
  const begun = performance.now();
  const runtime = await startRuntime({ ...settings, port: 0, cf: false, handleRuntimeStdio: () => undefined });
  const wallMs = performance.now() - begun;
  const pid = runtime.process.pid ?? 0;
  const cpuMs = readYoungCpuMs(pid);
  const response = await fetch(`${runtime.url}/healthz`);
  await response.arrayBuffer();
  const firstCpuMs = readYoungCpuMs(pid) - cpuMs;
  await runtime.dispose();
  return { wallMs, cpuMs, firstCpuMs };
}

/** CPU time of workerd a request, over many requests. */
async function measureRoutes({ quick, say }: BenchOptions): Promise<Figure[]> {
  say('CPU time of routes, on the embedded services');
  const world = await startWorld({ startOn: startWorkerd });
  try {
    const figures: Figure[] = [];
    for (const [name, path] of await publishOne(world)) {
      for (let at = 0; at < 10; at += 1) await ask(world, path);
      const times = quick ? 50 : 300;
      const before = readUsage(world.worker().pid).cpuMs;
      for (let at = 0; at < times; at += 1) await ask(world, path);
      const cpuMs = (readUsage(world.worker().pid).cpuMs - before) / times;
      figures.push({ name: `CPU, ${name}`, unit: 'ms', muster: exactly(cpuMs) });
    }
    return figures;
  } finally {
    await world.close();
  }
}

async function ask(world: World, path: string): Promise<void> {
  const response = await fetch(world.worker().url + path);
  await response.arrayBuffer();
  if (response.status >= 400) throw new Error(`GET ${path}: ${response.status}`);
}

/** A published image, and the routes that say something of it. */
async function publishOne(world: World): Promise<readonly (readonly [name: string, path: string])[]> {
  const suffix = '-cpu-bench';
  const images = await world.push(CORE, 'bench');
  for (const { arch, digest } of images)
    await world.report({ suffix, arch, digest, claims: { ...AT_ONCE, run_id: '100' } });
  const ref = `${world.stack.registries[0].host}/${CORE}:master${suffix}`;
  return [
    ['GET /healthz', '/healthz'],
    ['GET /openapi.json', '/openapi.json'],
    ['GET /v1/status', '/v1/status'],
    ['GET /v1/policies/{name}', '/v1/policies/core'],
    ['GET /v1/runs/{project}/{run_id}', '/v1/runs/core/100'],
    ['GET /v1/merges/{project}/{run_id}/{tag_suffix}', `/v1/merges/core/100/${suffix}`],
    ['GET /v1/verify (repeated)', `/v1/verify?ref=${ref}&policy=core`],
    ['GET /v2/{name}/manifests/{reference} (repeated)', `/v2/api/${CORE}/manifests/master${suffix}`],
  ];
}
