import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { CORE } from '../../demo/config.ts';
import { startWorkerd } from '../../demo/workerd.ts';
import { runPeer } from '../../interop/process.ts';
import { installPeers } from '../../interop/stack.ts';
import { AT_ONCE, startWorld, type World } from '../../test/flow/world.ts';
import { exactly, type Figure, spreadOf } from '../figure.ts';
import { type LargeImage, pushLargeImage } from '../large-image.ts';
import type { BenchOptions, Part } from '../part.ts';
import { readUsage } from '../process-usage.ts';

const MB = 1e6;
const GIB = 1024 ** 3;
const SAMPLE_MS = 100;
const TIMEOUT_MS = 600_000;
/** The runtime's own, a chunk for each of two blobs, and what is under way of it. */
const MOST_MEMORY_MB = 300;

/** A large layer from one registry to another, on disk both: what `push` takes, beside crane and regctl. */
export const copy: Part = {
  name: 'copy',
  title: 'a large layer from one registry to another',
  run: async (options) => {
    await installPeers();
    const size = options.quick ? GIB / 8 : 4 * GIB;
    const folder = await mkdtemp(`${tmpdir()}/muster-copy-`);
    const registries = [{ dataDir: `${folder}/to` }, { dataDir: `${folder}/from` }] as const;
    const world = await startWorld({ registries, startOn: startWorkerd });
    try {
      return await measure(world, { folder, size }, options);
    } finally {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Setting {
  readonly folder: string;
  readonly size: number;
}

async function measure(
  world: World,
  { folder, size }: Setting,
  { say, quick, repeats }: BenchOptions,
): Promise<Figure[]> {
  const [to, from] = world.stack.registries;
  const gib = `${size / GIB} GiB`;
  say(`${gib} to ${from.host}`);
  const image = await pushLargeImage(from, CORE, size);
  await writeFile(`${folder}/config.json`, world.stack.registryAuth);
  const env = { DOCKER_CONFIG: folder };
  const source = `${from.host}/${CORE}@${image.digest}`;
  const peers = {
    'crane copy': (at: number) =>
      runPeer('crane', ['copy', '--insecure', source, `${to.host}/peers/crane-${at}:v`], {
        env,
        timeoutMs: TIMEOUT_MS,
      }),
    'regctl image copy': (at: number) =>
      runPeer(
        'regctl',
        [...plainHttp(to.host, from.host), 'image', 'copy', source, `${to.host}/peers/regctl-${at}:v`],
        {
          env,
          timeoutMs: TIMEOUT_MS,
        },
      ),
  };
  // Before Muster: what it leaves could be mounted.
  const theirs = new Map<string, number[]>();
  for (const [name, run] of Object.entries(peers)) {
    const throughputs: number[] = [];
    for (let at = 0; at < (quick ? 1 : Math.min(repeats, 2)); at += 1) {
      say(name);
      const begun = performance.now();
      await run(at);
      throughputs.push(size / MB / ((performance.now() - begun) / 1000));
    }
    theirs.set(name, throughputs);
  }
  say('Muster');
  const ours = await copyWithMuster(world, image, size);
  const figures = [...theirs].map(
    ([name, throughputs]): Figure => ({
      name: `${gib} layer, beside ${name}`,
      unit: 'MB/s',
      muster: exactly(ours.throughput),
      peer: { name, ...spreadOf(throughputs) },
      moreIsBetter: true,
    }),
  );
  const most = { of: 'muster', atMost: MOST_MEMORY_MB } as const;
  return [...figures, { name: 'memory of workerd, at most', unit: 'MB', muster: exactly(ours.peakMb), goal: most }];
}

function plainHttp(...hosts: readonly string[]): string[] {
  return hosts.flatMap((host) => ['--host', `reg=${host},tls=disabled`]);
}

/** A merge whose leg is in the second registry only: the step `push` copies it to the first. */
async function copyWithMuster(world: World, image: LargeImage, size: number) {
  const { pid } = world.worker();
  let peakMb = 0;
  const sampling = setInterval(() => {
    peakMb = Math.max(peakMb, readUsage(pid).memoryMb);
  }, SAMPLE_MS);
  try {
    const merge = { suffix: '-large', arch: image.arch, digest: image.digest, claims: { ...AT_ONCE, run_id: '100' } };
    const answer = await world.report({ ...merge, expect: ['amd64'] });
    if (answer.status !== 200)
      throw new Error(`the merge: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
    const steps = answer.body.steps as readonly { readonly step: string; readonly ms: number }[];
    const ms = Math.max(...steps.filter(({ step }) => step === 'push').map((step) => step.ms));
    return { throughput: size / MB / (ms / 1000), peakMb };
  } finally {
    clearInterval(sampling);
  }
}
