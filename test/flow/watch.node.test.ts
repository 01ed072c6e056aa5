import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../demo/config.ts';
import { BUILDER, startWorld, type World } from './world.ts';

const RUN = '6100';
const SUFFIX = '-cpu-watched';
const gate: { open?: () => void } = {};
const opened = new Promise<void>((resolve) => {
  gate.open = resolve;
});
let world: World;

beforeAll(async () => {
  world = await startWorld({
    // The tag is held up, so that the merge can be seen at work.
    intercept: async (request, handler) => {
      if (request.method === 'PUT' && request.url.endsWith(`/manifests/master${SUFFIX}`)) await opened;
      return handler(request);
    },
  });
}, 60_000);
afterAll(() => world.close());

/** Reads a stream of lines until one is as wanted; what came before it is returned too. */
async function readUntil(lines: AsyncIterator<Line>, wanted: (line: Line) => boolean): Promise<Line[]> {
  const seen: Line[] = [];
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return seen;
    seen.push(value);
    if (wanted(value)) return seen;
  }
}

interface Line {
  readonly tag_suffix?: string;
  readonly state: string;
  readonly step?: string;
}

async function* linesOf(path: string): AsyncGenerator<Line, undefined> {
  const headers = { Accept: 'application/x-ndjson' };
  const { body } = await fetch(world.worker().url + path, { headers });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part) as Line;
  }
}

describe('whoever watches a run', () => {
  it('sees a merge wait, at work and published, and then the end', async () => {
    const [amd64, arm64] = await world.push(BACKENDS, 'watched');
    const claims = { ...BUILDER, run_id: RUN };
    const report = (arch: string, digest = '') => world.report({ suffix: SUFFIX, arch, digest, claims });
    await report('amd64', amd64?.digest);
    const lines = linesOf(`/v1/runs/localai/${RUN}/events`);
    const first = await readUntil(lines, () => true);
    await report('arm64', arm64?.digest);
    const complete = await readUntil(lines, ({ state }) => state === 'needs_token');
    const finished = world.finish(RUN);
    const working = await readUntil(lines, ({ state }) => state === 'merging');
    const { body } = await world.call({ path: `/v1/runs/localai/${RUN}` });
    gate.open?.();
    const rest = await readUntil(lines, () => false);
    expect((await finished).status).toBe(200);
    const last = (seen: readonly Line[]) => seen.at(-1)?.state;
    expect([first, complete, working, rest].map(last)).toEqual(['waiting', 'needs_token', 'merging', 'published']);
    expect(body.counts).toEqual({ merging: 1 });
  }, 30_000);
  it('sees every step of a merge that is published, and the end at once', async () => {
    const seen = await readUntil(linesOf(`/v1/merges/localai/${RUN}/${SUFFIX}/events`), () => false);
    expect(seen.map(({ step, state }) => [step, state])).toContainEqual(['release', 'done']);
  }, 10_000);
});
