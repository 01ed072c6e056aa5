import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE, CORE } from '../../demo/config.ts';
import { buildImage, digestOf, type Image, json, packLayer } from '../../demo/images.ts';
import { readRelease } from '../../demo/release/matrix.ts';
import { Release } from '../../demo/release/replay.ts';
import { startMiniflare } from '../../demo/worker.ts';
import { AT_ONCE, type World } from '../../test/flow/world.ts';
import { type MeasuredWorld, prepareMerge, startMeasuredWorld, timeLastReport } from '../embedded.ts';
import { exactly, exponentOf, type Figure } from '../figure.ts';
import type { BenchOptions, Part } from '../part.ts';
import { readUsage } from '../process-usage.ts';
import { planRelease } from './release.ts';

/** Linear, and what a measurement may be off. */
const MOST_EXPONENT = 1.1;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** How the CPU time of workerd grows with the work: 1 is linear, less is better. */
export const growth: Part = {
  name: 'growth',
  title: 'how CPU time grows with the work: the exponent, 1 is linear',
  run: async (options) => {
    // Miniflare has the cron trigger that cleans up.
    const world = await startMeasuredWorld({ startOn: startMiniflare });
    try {
      // What is compiled and read at first is not growth.
      for (let at = 0; at < 3; at += 1) await merge(world, 2);
      const figures: Figure[] = [];
      for (const [name, sizes, work] of dimensionsOf(options.quick)) {
        options.say(name);
        figures.push(await measure(world, { name, sizes, work }, options));
      }
      return figures;
    } finally {
      await world.close();
    }
  },
};

/** Prepares something of a size, and answers what is to be measured. */
type Work = (world: MeasuredWorld, size: number) => Promise<() => Promise<void>>;
type Dimension = readonly [name: string, sizes: readonly number[], work: Work];

function dimensionsOf(quick: boolean): readonly Dimension[] {
  const upTo = (...sizes: number[]) => (quick ? sizes.slice(0, 2) : sizes);
  return [
    ['arches of a merge', upTo(1, 2, 4, 6), async (world, size) => prepareArches(world, size)],
    ['layers of an image that is copied', upTo(2, 8, 32, 64), prepareLayers],
    ['merges of a run', upTo(8, 16, 32, 64), prepareRun],
    ['referrers of a subject, verified', upTo(1, 4, 16, 48), prepareReferrers],
    ['tags of the cache repository, cleaned up', upTo(50, 100, 200, 400), prepareCleanup],
  ];
}

async function measure(
  world: MeasuredWorld,
  { name, sizes, work }: { name: string; sizes: readonly number[]; work: Work },
  { repeats, say }: BenchOptions,
): Promise<Figure> {
  const points: (readonly [number, number])[] = [];
  for (const size of sizes) {
    const times: number[] = [];
    for (let at = 0; at < repeats; at += 1) {
      const run = await work(world, size);
      const before = readUsage(world.worker().pid).cpuMs;
      await run();
      times.push(readUsage(world.worker().pid).cpuMs - before);
    }
    // The least is what the work takes; whatever is more is the collector, or the compiler.
    points.push([size, Math.max(1, Math.min(...times))]);
  }
  say(points.map(([size, ms]) => `${size}: ${ms.toFixed(0)} ms`).join(', '));
  const exponent = exponentOf(points);
  return {
    name: `${name} (${sizes[0]} to ${sizes.at(-1)})`,
    unit: 'exponent',
    muster: exactly(Math.max(0, exponent)),
    goal: { of: 'muster', atMost: MOST_EXPONENT },
  };
}

let runs = 1000;
const nextRun = () => {
  runs += 1;
  return String(runs);
};
/** Tags of its own: one that has other platforms would be held. */
const nextMerge = () => {
  const run_id = nextRun();
  return { run_id, suffix: `-growth-${run_id}` };
};

async function merge(world: MeasuredWorld, arches: number): Promise<void> {
  await (await prepareArches(world, arches))();
}

async function prepareArches(world: MeasuredWorld, arches: number) {
  const ready = await prepareMerge(world, { ...nextMerge(), arches });
  return async () => void (await timeLastReport(world, ready));
}

/** An image in one registry only, to be copied to the other. */
const prepareLayers: Work = async (world, size) => {
  const run_id = nextRun();
  const image = layered(run_id, size);
  await world.clients[1]?.pushImage(CORE, image);
  return () => publish(world, image, run_id);
};

/** An image of many layers, none like another's. */
function layered(title: string, count: number): Image {
  const { blobs, ...first } = buildImage('amd64', packLayer(Buffer.from(title)), title);
  const [config] = blobs;
  const layers = Array.from({ length: count }, (_, at) => {
    const bytes = Buffer.from(`layer ${at} of ${title}`);
    return { digest: digestOf(bytes), bytes };
  });
  if (!config) return { ...first, blobs };
  const describe = (mediaType: string, blob: { digest: string; bytes: Buffer }) => {
    return { mediaType, digest: blob.digest, size: blob.bytes.byteLength };
  };
  const bytes = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => describe('application/vnd.oci.image.layer.v1.tar', layer)),
  });
  return { ...first, digest: digestOf(bytes), bytes, blobs: [config, ...layers] };
}

async function publish(world: World, { arch, digest }: Image, run_id: string): Promise<void> {
  const claims = { ...AT_ONCE, run_id };
  const answer = await world.report({ suffix: `-growth-${run_id}`, arch, digest, claims, expect: [arch] });
  if (answer.status !== 200) throw new Error(`a merge: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
}

const prepareRun: Work = async (world, size) => {
  const merges = (await readRelease()).slice(0, size);
  const run = new Release(merges, { stack: world.stack, url: world.worker().url, run_id: nextRun() });
  await run.push();
  await planRelease(run);
  return async () => {
    await run.report();
    for (const { status } of await run.finish()) if (status !== 200) throw new Error(`a finishing call: ${status}`);
  };
};

/** A published image to which others attach things. */
const prepareReferrers: Work = async (world, size) => {
  const run_id = nextRun();
  const image = layered(run_id, 1);
  for (const client of world.clients) await client.pushImage(CORE, image);
  await publish(world, image, run_id);
  const [client] = world.clients;
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(json({})), size: 2 };
  for (let at = 0; at < size; at += 1) {
    const subject = { mediaType: MANIFEST, digest: image.digest, size: image.bytes.byteLength };
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: 'text/plain',
      config: empty,
      layers: [empty],
    };
    const bytes = json({ ...manifest, subject, annotations: { at: String(at) } });
    await client?.pushManifest(CORE, digestOf(bytes), bytes, MANIFEST);
  }
  const ref = `${world.stack.registries[0].host}/${CORE}@${image.digest}`;
  return async () => {
    const { status } = await world.call({ path: `/v1/verify?ref=${ref}&policy=core` });
    if (status !== 200) throw new Error(`a verdict: ${status}`);
  };
};

/** Tags that nobody needs, and one that is kept. */
const prepareCleanup: Work = async (world, size) => {
  const image = layered('a leftover', 1);
  const client = world.clients[1];
  await client?.pushImage(CACHE, image);
  for (let at = 0; at < size; at += 1)
    await client?.pushManifest(CACHE, `left-${size}-${at}`, image.bytes, image.mediaType);
  return () => cleanUp(world);
};

async function cleanUp(world: World): Promise<void> {
  const since = new Date().toISOString();
  await (await fetch(`${world.worker().url}/cdn-cgi/handler/scheduled`)).text();
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(250)) {
    const { body } = await world.call({ path: '/v1/status' });
    const cleanups = body.keepalives as readonly {
      readonly running?: object;
      readonly last?: { started_at: string };
    }[];
    if (cleanups.every(({ running, last }) => !running && (last?.started_at ?? '') >= since)) return;
  }
  throw new Error('the cleanup does not end');
}
