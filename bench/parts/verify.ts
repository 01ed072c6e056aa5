import { Agent, request } from 'node:http';
import { startWorkerd } from '../../demo/workerd.ts';
import { createCaller } from '../../interop/caller.ts';
import { ARCHES, pushImages } from '../../interop/images.ts';
import { verifyWithCosign } from '../../interop/judges.ts';
import { runPeer } from '../../interop/process.ts';
import type { RekorMajor, Stack } from '../../interop/stack.ts';
import { buildConfig, IMAGES, SIGNER } from '../../interop/worker.ts';
import { Connection } from '../connection.ts';
import { type Figure, spreadOf } from '../figure.ts';
import type { BenchOptions, Part } from '../part.ts';
import { withPeers } from '../peers.ts';

const GO = 'sigstore-go in process';
/** A repeated answer by digest takes at most a tenth of what Go takes, which asks the registry each time. */
const REPEATED_GOAL = 10;
const WARM_UP = 20;
/** Node's `fetch` takes longer than the Worker does. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** A published image, and the Worker that is asked about it. */
interface World {
  readonly stack: Stack;
  readonly major: RekorMajor;
  readonly url: string;
  /** `host/repository@digest` of the amd64 image, and of the index. */
  readonly image: string;
  readonly index: string;
}

/** Verification through the Worker, beside cosign and beside Go in a process that stays; registry calls included. */
export const verify: Part = {
  name: 'verify',
  title: 'a verdict on a published image, beside cosign verify and sigstore-go',
  run: (options) =>
    withPeers(async (stack) => {
      const figures: Figure[] = [];
      for (const major of [2, 1] as const) {
        options.say(`Rekor v${major}`);
        figures.push(...(await withPublished(stack, major, (world) => measure(world, options))));
      }
      return figures;
    }),
};

async function withPublished<Value>(
  stack: Stack,
  major: RekorMajor,
  work: (world: World) => Promise<Value>,
): Promise<Value> {
  const worker = await startWorkerd(buildConfig({ stack, major }));
  try {
    const caller = createCaller(stack, worker);
    const [run_id, suffix] = [`${major}900`, `-cpu-verify-v${major}`];
    const legs = await pushImages(stack, run_id, suffix);
    let digest: unknown;
    for (const leg of legs) digest = (await caller.arrive(suffix, leg, ARCHES, { run_id })).body.digest;
    const [first] = legs;
    if (!first || typeof digest !== 'string') throw new Error('nothing was published');
    const repository = `${stack.registries[0]}/${IMAGES}`;
    const [image, index] = [`${repository}@${first.digest}`, `${repository}@${digest}`];
    return await work({ stack, major, url: worker.url, image, index });
  } finally {
    await worker.stop();
  }
}

async function measure(world: World, { repeats, say }: BenchOptions): Promise<Figure[]> {
  const name = (what: string) => `Rekor v${world.major}, ${what}`;
  const { image, index } = world;
  const times = repeats * 30;
  const go = await timeGo(world, image, times);
  const cosign = await timeEach(repeats, () => verifyWithCosign(world.stack, world.major, ...partsOf(world, image)));
  await timeEach(WARM_UP, (at) => askAnew(world, image, -at - 1));
  const firstOfImage = await timeEach(times, (at) => askAnew(world, image, at));
  const firstOfIndex = await timeEach(times, (at) => askAnew(world, index, at));
  const again = await timeAgain(world.url, image, times * 10);
  const alone = await timeBundle(world, times);
  const overhead = await timeEach(times, () => get(`${world.url}/healthz`));
  const median = (values: readonly number[]) => spreadOf(values).median.toFixed(2);
  say(`first time: ${median(firstOfImage)} ms, of which ${median(alone)} ms is the bundle's verification,`);
  say(`  ${median(overhead)} ms what any request to the Worker takes, and the rest the registry's answers`);
  const beside = { name: GO, ...spreadOf(go) };
  return [
    { name: name('one manifest, first time'), unit: 'ms', muster: spreadOf(firstOfImage), peer: beside },
    {
      name: name('one manifest, first time, beside a new process'),
      unit: 'ms',
      muster: spreadOf(firstOfImage),
      peer: { name: 'cosign verify', ...spreadOf(cosign) },
    },
    { name: name('index and two images, first time'), unit: 'ms', muster: spreadOf(firstOfIndex) },
    { name: name('a bundle alone'), unit: 'ms', muster: spreadOf(alone) },
    {
      name: name('one manifest again, by digest'),
      unit: 'ms',
      muster: spreadOf(again),
      peer: beside,
      goal: { of: 'ratio', atLeast: REPEATED_GOAL },
    },
  ];
}

function partsOf({ stack }: World, ref: string): [registry: string, digest: string] {
  return [stack.registries[0], ref.slice(ref.indexOf('@') + 1)];
}

/** The same process verifies it again and again, as LocalAI would. */
async function timeGo({ stack, major }: World, ref: string, times: number): Promise<number[]> {
  const trust = ['-trusted-root', stack.rekor(major).trustedRoot];
  const signer = ['-issuer', stack.oidc, '-identity-regex', `^${SIGNER.replaceAll('.', '\\.')}$`];
  const output = await runPeer('verifier', ['images', ...trust, ...signer, '-repeat', String(times + WARM_UP), ref]);
  return (JSON.parse(output) as { ms: number[] }).ms.slice(WARM_UP);
}

/** Under a policy that was not asked for before: nothing of the verdict is kept. */
async function askAnew({ url, stack }: World, ref: string, at: number): Promise<void> {
  const not_before = new Date(Date.UTC(2020, 0) + at * 1000).toISOString();
  const policy = { issuer: stack.oidc, identity: SIGNER, not_before };
  const { results } = (await post(`${url}/v1/verify`, { refs: [ref], policy })) as {
    results: { verified?: boolean; cached?: boolean }[];
  };
  if (results[0]?.verified !== true || results[0].cached) throw new Error(JSON.stringify(results).slice(0, 300));
}

async function timeAgain(url: string, ref: string, times: number): Promise<number[]> {
  const connection = new Connection(Number(new URL(url).port));
  const ask = async () => {
    const answer = await connection.get(`/v1/verify?${new URLSearchParams({ ref, policy: 'localai' })}`);
    if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(answer.slice(0, 300));
    return answer;
  };
  try {
    await timeEach(WARM_UP * 20, ask);
    const values = await timeEach(times, ask);
    if (!(await ask()).includes('"cached":true')) throw new Error('the verdict was not kept');
    return values;
  } finally {
    connection.close();
  }
}

/** No registry: the bundle is sent along. */
async function timeBundle({ url, index, stack }: World, times: number): Promise<number[]> {
  const query = new URLSearchParams({ ref: index, policy: 'localai', include: 'bundle' });
  const { bundle } = (await get(`${url}/v1/verify?${query}`)) as { bundle: object };
  const policy = { issuer: stack.oidc, identity: SIGNER };
  const artifact_digest = index.slice(index.indexOf('@') + 1);
  return timeEach(times, () => post(`${url}/v1/verify/bundle`, { bundle, artifact_digest, policy }));
}

async function timeEach(times: number, work: (at: number) => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const begun = performance.now();
    await work(at);
    values.push(performance.now() - begun);
  }
  return values;
}

function get(url: string): Promise<unknown> {
  return call(url, 'GET', '');
}

function post(url: string, body: object): Promise<unknown> {
  return call(url, 'POST', JSON.stringify(body));
}

function call(url: string, method: string, body: string): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text.startsWith('{') ? JSON.parse(text) : text);
        else reject(new Error(`${url}: ${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
