import { mergeWithBuildxAndCosign, writeDocument } from '../../interop/yardstick.ts';
import { exactly, type Figure, slopeOf, spreadOf } from '../figure.ts';
import type { BenchOptions, Part } from '../part.ts';
import { type PeerMerge, type PeerWorld, withPeers, withPeerWorld } from '../peers.ts';

const PEER = 'buildx + cosign';
/** How many times faster, by the version of the log; one of the first version answers at once, so less can be saved. */
const GOALS = { 1: 4, 2: 6 } as const;
/** Added to every call of every peer, in milliseconds. */
const LATENCIES = [0, 100, 200];
const MOST_ROUND_TRIPS = 12;
/** Of the seed's workflow that run side by side. */
const JOBS = 8;

/** One merge: Muster's last report beside what the replaced job does, on the same real registries and Sigstore. */
export const merge: Part = {
  name: 'merge',
  title: 'one merge, beside buildx imagetools create and cosign sign --recursive',
  run: (options) =>
    withPeers(async (stack) => {
      const figures: Figure[] = [];
      for (const major of [2, 1] as const) {
        options.say(`Rekor v${major}`);
        figures.push(...(await withPeerWorld(stack, major, (world) => measureWorld(world, options))));
      }
      return figures;
    }),
};

async function measureWorld(world: PeerWorld, options: BenchOptions): Promise<Figure[]> {
  // Documents, tokens and what a registry can do are known from the first merge on.
  await timeMuster(world, { arches: 2, registries: 2 });
  await timePeer(world, { arches: 2, registries: 2 });
  const figures: Figure[] = [];
  for (const registries of options.quick ? [2] : [1, 2])
    for (const arches of options.quick ? [2] : [1, 2, 4, 8])
      figures.push(await measureTime(world, { arches, registries }, options));
  figures.push(...(await countCalls(world)));
  if (world.major === 2) figures.push(await measureSample(world, options));
  // Its batches blur nothing: the log of the first version takes an entry at once.
  if (world.major === 1) figures.push(await measureRoundTrips(world, options));
  return figures;
}

interface Shape {
  readonly arches: number;
  readonly registries: number;
}

async function timeMuster(world: PeerWorld, { arches, registries }: Shape): Promise<number> {
  const ready = await world.push(arches);
  await world.prepare(ready, registries);
  world.counted.reset();
  return world.finish(ready, registries);
}

async function timePeer(world: PeerWorld, { arches, registries }: Shape): Promise<number> {
  return mergeAsThem(world, await world.push(arches), registries);
}

async function mergeAsThem(world: PeerWorld, { images, suffix }: PeerMerge, registries: number): Promise<number> {
  const { stack, major, counted } = world;
  const documents = stack.rekor(major);
  counted.reset();
  return mergeWithBuildxAndCosign({
    stack,
    registries: counted.registries.slice(0, registries),
    tags: ['master', 'sha-5d0b549'].map((tag) => `${tag}${suffix}-theirs`),
    digests: images.map(({ digest }) => digest),
    trustedRoot: documents.trustedRoot,
    signingConfig: writeDocument(stack, `signing_config_bench_v${major}.json`, counted.signingConfig),
  });
}

async function measureTime(world: PeerWorld, shape: Shape, { repeats, say }: BenchOptions): Promise<Figure> {
  const { arches, registries } = shape;
  const isMain = arches === 2 && registries === 2;
  const name = `Rekor v${world.major}, ${arches} arch${arches === 1 ? '' : 'es'} x ${registries} registr${registries === 1 ? 'y' : 'ies'}`;
  say(name);
  const theirs: number[] = [];
  // Those that nothing is held to are measured once.
  for (let at = 0; at < (isMain ? repeats : 1); at += 1) theirs.push(await timePeer(world, shape));
  const ours: number[] = [];
  // A log lets an entry wait for its next batch, by chance: of a few repeats that chance would be measured.
  for (let at = 0; at < repeats * (isMain ? 3 : 1); at += 1) ours.push(await timeMuster(world, shape));
  return {
    name,
    unit: 'ms',
    muster: spreadOf(ours),
    peer: { name: PEER, ...spreadOf(theirs) },
    ...(isMain ? { goal: { of: 'ratio', atLeast: GOALS[world.major] } as const } : {}),
  };
}

/** Some merges of a release at once, as the seed's jobs would run them side by side. */
async function measureSample(world: PeerWorld, { say }: BenchOptions): Promise<Figure> {
  const shape = { arches: 2, registries: 2 };
  say(`${JOBS} merges at once`);
  const ready: PeerMerge[] = [];
  for (let at = 0; at < JOBS; at += 1) ready.push(await world.push(shape.arches));
  for (const one of ready) await world.prepare(one, shape.registries);
  const ours = await timed(() => Promise.all(ready.map((one) => world.finish(one, shape.registries))));
  const theirs = await timed(() => Promise.all(ready.map((one) => mergeAsThem(world, one, shape.registries))));
  return {
    name: `Rekor v2, ${JOBS} merges at once`,
    unit: 's',
    muster: exactly(ours),
    peer: { name: `${PEER}, ${JOBS} jobs`, ...exactly(theirs) },
  };
}

/** In seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

/** What one merge of two arches to two registries asks of each service. */
async function countCalls(world: PeerWorld): Promise<Figure[]> {
  const shape = { arches: 2, registries: 2 };
  const count = async (time: typeof timeMuster) => {
    await time(world, shape);
    const { certificates, timestamps, entries, registry } = world.counted.counts();
    return {
      sigstore: certificates + timestamps + entries,
      certificates,
      timestamps,
      entries,
      registry,
      kb: world.counted.bytes() / 1000,
    };
  };
  const [ours, theirs] = [await count(timeMuster), await count(timePeer)];
  const figure = (what: keyof typeof ours, label: string, unit: string): Figure => ({
    name: `Rekor v${world.major}, ${label}`,
    unit,
    muster: exactly(ours[what]),
    peer: { name: PEER, ...exactly(theirs[what]) },
    ...(what === 'sigstore' ? { goal: { of: 'muster', atMost: 3 } as const } : {}),
  });
  return [
    figure('sigstore', 'calls to Sigstore', 'calls'),
    ...(world.major === 2
      ? [figure('certificates', 'of these to Fulcio', 'calls'), figure('entries', 'of these to the log', 'calls')]
      : []),
    figure('registry', 'calls to registries', 'calls'),
    figure('kb', 'bodies, both ways', 'kB'),
  ];
}

/** The slope of time over a latency that every call has: how many calls wait for another one. */
async function measureRoundTrips(world: PeerWorld, { repeats, quick, say }: BenchOptions): Promise<Figure> {
  const shape = { arches: 2, registries: 2 };
  const slopes = async (time: typeof timeMuster, times: number) => {
    const points: (readonly [number, number])[] = [];
    for (const latency of LATENCIES) {
      say(`${latency} ms added to every call (${time === timeMuster ? 'Muster' : PEER})`);
      for (let at = 0; at < times; at += 1) points.push([latency, await withLatency(world, latency, time, shape)]);
    }
    return slopeOf(points);
  };
  const ours: number[] = [];
  for (let at = 0; at < Math.max(2, repeats); at += 1) ours.push(await slopes(timeMuster, quick ? 1 : 3));
  const theirs = await slopes(timePeer, 1);
  return {
    name: 'critical path (slope of time over latency)',
    unit: 'round trips',
    muster: spreadOf(ours),
    peer: { name: PEER, ...exactly(theirs) },
    goal: { of: 'muster', atMost: MOST_ROUND_TRIPS },
  };
}

async function withLatency(world: PeerWorld, ms: number, time: typeof timeMuster, shape: Shape): Promise<number> {
  world.counted.setLatency(ms);
  try {
    return await time(world, shape);
  } finally {
    world.counted.setLatency(0);
  }
}
