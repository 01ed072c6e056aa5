import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { CORE } from '../../demo/config.ts';
import { startWorkerd } from '../../demo/workerd.ts';
import { AT_ONCE, startWorld, type World } from '../../test/flow/world.ts';
import { exactly, type Figure, spreadOf } from '../figure.ts';
import { type LargeImage, pushLargeImage } from '../large-image.ts';
import type { BenchOptions, Part } from '../part.ts';
import { readUsage } from '../process-usage.ts';

const GIB = 1024 ** 3;
const MB = 1e6;
const SAMPLE_MS = 50;

/** Pulling a large image through Muster, which serves only what verifies, beside pulling it from its registry. */
export const proxy: Part = {
  name: 'proxy',
  title: 'pulling a large image through Muster, beside directly',
  run: async (options) => {
    const folder = await mkdtemp(`${tmpdir()}/muster-proxy-`);
    const registries = [{ dataDir: `${folder}/api` }, { dataDir: `${folder}/tag` }] as const;
    const world = await startWorld({ registries, startOn: startWorkerd });
    try {
      return await measure(world, options);
    } finally {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(world: World, { quick, repeats, say }: BenchOptions): Promise<Figure[]> {
  const size = quick ? GIB / 8 : GIB;
  const [, registry] = world.stack.registries;
  say(`publishing ${size / GIB} GiB`);
  const image = await pushLargeImage(registry, CORE, size);
  const claims = { ...AT_ONCE, run_id: '100' };
  const answer = await world.report({
    suffix: '-large',
    arch: image.arch,
    digest: image.digest,
    claims,
    expect: ['amd64'],
  });
  if (answer.status !== 200)
    throw new Error(`the merge: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
  const through = `${world.worker().url}/v2/${registry.alias}/${CORE}`;
  const directly = `${registry.origin}/v2/${CORE}`;
  const { pid } = world.worker();
  const before = readUsage(pid).memoryMb;
  let peakMb = before;
  const sampling = setInterval(() => {
    peakMb = Math.max(peakMb, readUsage(pid).memoryMb);
  }, SAMPLE_MS);
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    for (let at = 0; at < repeats; at += 1) {
      say('through Muster, then directly');
      ours.push(size / MB / (await timePull(through, image)));
      theirs.push(size / MB / (await timePull(directly, image)));
    }
  } finally {
    clearInterval(sampling);
  }
  return [
    {
      name: `a ${size / GIB} GiB image`,
      unit: 'MB/s',
      muster: spreadOf(ours),
      peer: { name: 'directly', ...spreadOf(theirs) },
      moreIsBetter: true,
    },
    { name: 'memory of workerd, added by the pulls', unit: 'MB', muster: exactly(Math.max(0, peakMb - before)) },
  ];
}

/** As a client: tag, image, layer. @returns seconds */
async function timePull(repository: string, image: LargeImage): Promise<number> {
  const begun = performance.now();
  for (const path of ['manifests/master-large', `manifests/${image.digest}`, `blobs/${image.layer.digest}`]) {
    const response = await fetch(`${repository}/${path}`);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    let size = 0;
    for await (const piece of response.body ?? []) size += piece.byteLength;
    if (path.startsWith('blobs/') && size !== image.layer.size) throw new Error(`${size} bytes came`);
  }
  return (performance.now() - begun) / 1000;
}
