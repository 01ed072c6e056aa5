import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../demo/caller.ts';
import { RegistryClient } from '../../demo/client.ts';
import { CACHE, CORE } from '../../demo/config.ts';
import { ConnectionReset } from '../../demo/handler.ts';
import type { Image } from '../../demo/images.ts';
import { isOver, withAnchors } from './outcome.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

let world: World;
/** The host that is down, and one that never answers. */
let down: string | undefined;
let hanging: string | undefined;
/** The host that takes no uploads, but does not say so; and how often the other one refuses a tag. */
let stuck: string | undefined;
let refusals = 0;

beforeAll(async () => {
  world = await startWorld({
    configure: withAnchors({ deadline_seconds: 5 }),
    intercept: async (request, handler) => {
      const { host, pathname } = new URL(request.url);
      if (host === down) throw new ConnectionReset();
      if (host === hanging) return new Promise(() => undefined);
      if (host === stuck && pathname.includes('/blobs/uploads/')) return new Promise(() => undefined);
      if (host !== stuck && request.method === 'PUT' && pathname.includes('/manifests/master-') && refusals > 0) {
        refusals -= 1;
        return new Response('', { status: 503 });
      }
      return handler(request);
    },
  });
}, 60_000);
afterAll(() => world?.close());

const report = (suffix: string, image: Image | undefined, run_id: string) =>
  world.report({ suffix, arch: image?.arch ?? '', digest: image?.digest ?? '', claims: { ...AT_ONCE, run_id } });
/** As CI's curl repeats what is answered 503. */
async function reportUntilTaken(...leg: Parameters<typeof report>): Promise<Answer> {
  for (;;) {
    const answer = await report(...leg);
    if (answer.body.code !== 'ARRIVAL_PENDING') return answer;
  }
}
const view = (run: string, suffix: string) => world.call({ path: `/v1/merges/core/${run}/${suffix}` });
async function ended(run: string, suffix: string): Promise<Answer> {
  for (const until = Date.now() + 60_000; Date.now() < until && !isOver(await view(run, suffix)); ) await sleep(100);
  return view(run, suffix);
}
interface Target {
  readonly state: string;
  readonly reason?: string;
  readonly tags: readonly object[];
}

describe('a registry that is down', () => {
  const suffix = '-outage';
  let answer: Answer;
  let images: Image[];

  beforeAll(async () => {
    images = await world.push(CORE, 'outage');
    await report(suffix, images[0], '7100');
    down = world.stack.registries[1].host;
    answer = await report(suffix, images[1], '7100');
  }, 90_000);

  it('delays only itself: the other one is published, and the answer says so for each', async () => {
    expect(answer).toMatchObject({ status: 503, body: { state: 'retrying' } });
    const [first, second] = answer.body.targets as Target[];
    expect(first).toMatchObject({ state: 'published', tags: [{ state: 'set' }, { state: 'set' }] });
    expect(second).toMatchObject({ state: 'retrying', tags: [] });
    expect(second?.reason).toContain('PEER_UNREACHABLE');
  });
  it('keeps every anchor meanwhile, for one registry may heal the other', () => {
    expect(world.stack.registries[0].demo.store.tags(CACHE).size).toBe(2);
  });
  it('gets the same bundle when it is back, with no caller', async () => {
    down = undefined;
    expect(await ended('7100', suffix)).toMatchObject({ body: { state: 'published' } });
    expect(world.stack.sigstore.counts).toEqual({ certificates: 1, timestamps: 1, entries: 1 });
    expect(await world.tagged(`master${suffix}`, CORE)).toEqual([answer.body.digest, answer.body.digest]);
  }, 90_000);
});

describe('a registry that never answers', () => {
  const suffix = '-hanging';
  let answers: Answer[];
  let tookMs: number;

  beforeAll(async () => {
    const images = await world.push(CORE, 'hanging');
    hanging = world.stack.registries[1].host;
    const begun = Date.now();
    answers = [await reportUntilTaken(suffix, images[0], '7150'), await reportUntilTaken(suffix, images[1], '7150')];
    tookMs = Date.now() - begun;
  }, 120_000);
  afterAll(() => {
    hanging = undefined;
  });

  it('holds up no report for long: a call to it may take 30 seconds, and is tried four times', () => {
    expect(answers[0]).toMatchObject({ status: 202, body: { state: 'waiting' } });
    expect(tookMs).toBeLessThan(60_000);
  });
  it('does not keep the caller beyond the deadline, who is told that it goes on', () => {
    expect(answers[1]).toMatchObject({ status: 503, body: { state: 'retrying' } });
    expect(answers[1]).toMatchObject({ body: { targets: [{ state: 'published' }, { state: 'merging' }] } });
  });
});

describe('a registry that fails for a moment while the other one hangs', () => {
  it('is tried again in its own time', async () => {
    const suffix = '-own-time';
    const images = await world.push(CORE, 'own time');
    await report(suffix, images[0], '7170');
    [stuck, refusals] = [world.stack.registries[1].host, 4];
    await report(suffix, images[1], '7170');
    const first = async () => ((await view('7170', suffix)).body.targets as Target[])[0]?.state;
    for (const until = Date.now() + 25_000; Date.now() < until && (await first()) !== 'published'; ) await sleep(100);
    expect([await first(), refusals]).toEqual(['published', 0]);
    stuck = undefined;
  }, 60_000);
});

describe('a fallback referrers tag that others write, too', () => {
  const suffix = '-shared';
  it('keeps what they wrote, with all its fields, and has ours first', async () => {
    const images = await world.push(CORE, 'shared');
    const digest = images[0]?.digest ?? '';
    const tag = digest.replace(':', '-');
    const client = new RegistryClient(world.stack.registries[1]);
    const foreign = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: String(images[1]?.digest),
      size: images[1]?.bytes.byteLength,
      artifactType: 'application/spdx+json',
      annotations: { 'org.example.kept': 'yes' },
      data: 'e30=',
      urls: ['https://example.org/sbom'],
    };
    const type = 'application/vnd.oci.image.index.v1+json';
    const index = {
      schemaVersion: 2,
      mediaType: type,
      manifests: [foreign],
      annotations: { 'org.example.list': 'too' },
    };
    await client.pushManifest(CORE, tag, Buffer.from(JSON.stringify(index)), type);
    for (const image of images) await report(suffix, image, '7200');
    expect(await ended('7200', suffix)).toMatchObject({ body: { state: 'published' } });
    const pulled = JSON.parse((await client.pull(CORE, tag))?.text ?? '{}') as typeof index;
    expect(pulled.annotations).toEqual(index.annotations);
    expect(pulled.manifests.map(({ artifactType }) => artifactType)).toEqual([
      'application/vnd.dev.sigstore.bundle.v0.3+json',
      'application/spdx+json',
    ]);
    expect(pulled.manifests[1]).toEqual(foreign);
  }, 60_000);
  it('loses none of ours, however many are written side by side', async () => {
    const suffixes = [...Array(6).keys()].map((at) => `-side-${at}`);
    // One leg in all of them: each merge attaches a bundle of its own to it.
    const images = await world.push(CORE, 'side by side');
    await Promise.all(suffixes.map((one) => report(one, images[0], '7300')));
    const answers = await Promise.all(suffixes.map((one) => report(one, images[1], '7300')));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const client = new RegistryClient(world.stack.registries[1]);
    const pulled = await client.pull(CORE, String(images[0]?.digest).replace(':', '-'));
    const { manifests } = JSON.parse(pulled?.text ?? '{}') as { manifests: { digest: string }[] };
    expect(new Set(manifests.map(({ digest }) => digest)).size).toBe(6);
  }, 60_000);
});
