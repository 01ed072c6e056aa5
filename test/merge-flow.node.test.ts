import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Caller, type Step } from '../demo/caller.ts';
import { RegistryClient } from '../demo/client.ts';
import { BACKENDS, BUILD, CACHE, CORE, IMAGE } from '../demo/config.ts';
import { ARCHES, buildImage, type Image, packLayer } from '../demo/images.ts';
import { type DemoStack, startDemoStack } from '../demo/stack.ts';
import { startMiniflare, type WorkerProcess } from '../demo/worker.ts';

let stack: DemoStack;
let worker: WorkerProcess;
let caller: Caller;
let clients: readonly RegistryClient[];

beforeAll(async () => {
  stack = await startDemoStack();
  worker = await startMiniflare(stack.musterConfig(), { registryAuth: stack.registryAuth });
  caller = new Caller(worker.url, stack.issuer);
  clients = stack.registries.map((registry) => new RegistryClient(registry));
}, 20_000);

afterAll(async () => {
  await worker?.stop();
  await stack?.close();
});

/** One image per architecture, in the given registries, each by digest. */
async function push(repository: string, title: string, into: readonly RegistryClient[]): Promise<Image[]> {
  const images = ARCHES.map((arch) => buildImage(arch, packLayer(Buffer.from(`a program for ${arch}`)), title));
  for (const client of into) for (const image of images) await client.pushImage(repository, image);
  return images;
}

interface Reported {
  readonly image: Image | undefined;
  readonly suffix: string;
  readonly claims: Readonly<Record<string, string>>;
  readonly onStep?: (step: Step) => void;
  /** Of another Worker. */
  readonly caller?: Caller;
}

function report({ image, suffix, claims, onStep, ...other }: Reported) {
  const body = { tag_suffix: suffix, platform_tag: image?.arch, digest: image?.digest, expect: ARCHES };
  return (other.caller ?? caller).call({
    method: 'POST',
    path: '/v1/arrivals',
    claims,
    body,
    ...(onStep ? { onStep } : {}),
  });
}

function finish(runId: string) {
  return caller.call({
    method: 'POST',
    path: `/v1/runs/localai/${runId}/finish`,
    claims: { run_id: runId },
    body: {},
  });
}

const digestsOf = (repository: string, tag: string) =>
  Promise.all(clients.map(async (client) => (await client.pull(repository, tag))?.digest));

describe('a merge whose policy admits the build workflow', () => {
  const claims = { run_id: '100', job_workflow_ref: `${IMAGE}@refs/heads/master` };
  const steps: Step[] = [];
  let images: Image[];
  let first: Awaited<ReturnType<typeof report>>;
  let last: Awaited<ReturnType<typeof report>>;

  beforeAll(async () => {
    images = await push(CORE, 'core', clients.slice(0, 1));
    first = await report({ image: images[0], suffix: '', claims });
    last = await report({ image: images[1], suffix: '', claims, onStep: (step) => steps.push(step) });
  }, 20_000);

  it('waits for the arch that is missing', () => {
    expect(first).toMatchObject({ status: 202, body: { state: 'waiting', missing: ['arm64'] } });
  });

  it('is published by the last report', () => {
    expect(last).toMatchObject({ status: 200, body: { state: 'published' } });
  });

  it('is tagged in both registries with the same index', async () => {
    const { digest } = last.body;
    expect(await digestsOf(CORE, 'master')).toEqual([digest, digest]);
    expect(await digestsOf(CORE, 'sha-5d0b549')).toEqual([digest, digest]);
  });

  it('tells each step as it happens, tags after their verification', () => {
    for (const { host } of stack.registries) {
      const done = steps.filter(({ state, target }) => state === 'done' && target === `${host}/${CORE}`);
      const order = done.map(({ step }) => step);
      expect([...order].sort()).toEqual(['attach', 'list', 'push', 'stage', 'tag', 'verify']);
      expect(order.indexOf('attach')).toBeGreaterThan(Math.max(order.indexOf('push'), order.indexOf('stage')));
      expect(order.at(-1)).toBe('tag');
    }
  });

  it('verifies in both registries', async () => {
    for (const { host } of stack.registries) {
      const answer = await caller.call({ path: `/v1/verify?ref=${host}/${CORE}:master&policy=core` });
      expect(answer).toMatchObject({ status: 200, body: { verified: true, digest: last.body.digest } });
    }
  });

  it('takes one certificate, one timestamp and one log entry', () => {
    expect(stack.sigstore.counts).toEqual({ certificates: 1, timestamps: 1, entries: 1 });
  });

  it('answers a repeated report alike, and signs nothing more', async () => {
    const again = await report({ image: images[1], suffix: '', claims });
    expect(again).toMatchObject({ status: 200, body: { state: 'published', digest: last.body.digest } });
    expect(stack.sigstore.counts.entries).toBe(1);
  });
});

describe('a finishing job', () => {
  const claims = { run_id: '200', job_workflow_ref: `${BUILD}@refs/heads/master` };
  const [whole, partial] = ['-cpu-a', '-cpu-a-b'];
  let legs: Record<string, Image[]>;
  const arrive = (suffix: string, at: number) => report({ image: legs[suffix]?.[at], suffix, claims });

  beforeAll(async () => {
    legs = { [whole]: await push(BACKENDS, whole, clients), [partial]: await push(BACKENDS, partial, clients) };
    await arrive(whole, 0);
    await arrive(partial, 0);
  }, 20_000);

  it('is needed where the policy does not admit the build', async () => {
    const answer = await arrive(whole, 1);
    expect(answer).toMatchObject({ status: 202, body: { state: 'needs_token' } });
    expect(answer.body.reason).toContain('backend_build.yml');
  });

  it('fails while a leg is missing, names it, and publishes what is complete', async () => {
    const answer = await finish('200');
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'RUN_INCOMPLETE',
        merges: [
          { tag_suffix: whole, state: 'published' },
          { tag_suffix: partial, state: 'waiting', missing: ['arm64'] },
        ],
      },
    });
    expect(await digestsOf(BACKENDS, `master${partial}`)).toEqual([undefined, undefined]);
  });

  it('leaves no token behind for what was incomplete', async () => {
    const entries = stack.sigstore.counts.entries;
    expect(await arrive(partial, 1)).toMatchObject({ status: 202, body: { state: 'needs_token' } });
    expect(stack.sigstore.counts.entries).toBe(entries);
  });

  it('publishes every merge of the run once all legs are there', async () => {
    const answer = await finish('200');
    expect(answer).toMatchObject({ status: 200, body: { state: 'published' } });
    for (const suffix of [whole, partial]) {
      const [first, second] = await digestsOf(BACKENDS, `master${suffix}`);
      expect(first).toMatch(/^sha256:/);
      expect(second).toBe(first);
    }
  });

  it('releases the anchors', async () => {
    for (const client of clients) expect(await client.tags(CACHE)).toEqual([]);
  });
});

describe('a Worker that is killed between two reports', () => {
  it('publishes with what arrived before', async () => {
    const claims = { run_id: '300', job_workflow_ref: `${IMAGE}@refs/heads/master` };
    const folder = await mkdtemp(`${tmpdir()}/muster-killed-`);
    const images = await push(CORE, 'killed', clients.slice(0, 1));
    const start = () => startMiniflare(stack.musterConfig(), { registryAuth: stack.registryAuth, folder });
    const before = await start();
    const send = ({ url }: WorkerProcess, at: number) =>
      report({ image: images[at], suffix: '-killed', claims, caller: new Caller(url, stack.issuer) });
    expect(await send(before, 0)).toMatchObject({ status: 202, body: { state: 'waiting' } });
    await before.kill();
    const after = await start();
    expect(await send(after, 1)).toMatchObject({ status: 200, body: { state: 'published' } });
    await after.stop();
    await rm(folder, { recursive: true });
  }, 20_000);
});
