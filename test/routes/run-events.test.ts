import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { runName } from '../../src/lib/runs/names.ts';
import { app } from '../../src/routes/app.ts';
import { makePlanned, makeSummary } from '../lib/runs/make.ts';

let runId = 9100;
let run: ReturnType<typeof env.RUNS.getByName>;
beforeEach(() => {
  runId += 1;
  run = env.RUNS.getByName(runName('localai', String(runId)));
});

const NDJSON = { Accept: 'application/x-ndjson' };
const open = (query = '', headers: Record<string, string> = NDJSON) =>
  Promise.resolve(app.request(`/v1/runs/localai/${runId}/events${query}`, { headers }, env));

/** Reads a stream line by line. */
function linesOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const end = rest.indexOf('\n');
      if (end >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return line;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest += value;
    }
  };
  const state = async () => {
    const line = await next();
    if (line === undefined) return undefined;
    const { tag_suffix, state } = JSON.parse(line) as { tag_suffix: string; state: string };
    return `${tag_suffix} ${state}`;
  };
  return { next, state, cancel: () => reader.cancel() };
}

describe('GET /v1/runs/:project/:run_id/events', () => {
  it('tells every merge as it stands, then each that changes', async () => {
    await run.note(makeSummary('-a'));
    await run.note(makeSummary('-b'));
    const lines = linesOf(await open());
    expect([await lines.state(), await lines.state()]).toEqual(['-a waiting', '-b waiting']);
    await run.note(makeSummary('-b', { state: 'merging', missing: [] }));
    expect(await lines.state()).toBe('-b merging');
    await lines.cancel();
  });
  it('ends when no merge may go on', async () => {
    await run.note(makeSummary('-a'));
    const lines = linesOf(await open());
    await run.note(makeSummary('-a', { state: 'published', missing: [] }));
    expect([await lines.state(), await lines.state(), await lines.state()]).toEqual([
      '-a waiting',
      '-a published',
      undefined,
    ]);
  });
  it('ends at once where none may', async () => {
    await run.note(makeSummary('-a', { state: 'published', missing: [] }));
    const lines = linesOf(await open());
    expect([await lines.state(), await lines.state()]).toEqual(['-a published', undefined]);
  });
  it('tells what a plan adds, and what it leaves out', async () => {
    await run.plan({ run_attempt: 1, ref: 'r', sha: 's', merges: [makePlanned('-a')] });
    const lines = linesOf(await open());
    await lines.next();
    await run.plan({ run_attempt: 1, ref: 'r', sha: 's', merges: [makePlanned('-b')] });
    expect([await lines.state(), await lines.state()].sort()).toEqual(['-a removed', '-b waiting']);
    await lines.cancel();
  });
  it('tells of one merge, where only that is wanted', async () => {
    await run.note(makeSummary('-a'));
    await run.note(makeSummary('-a-b'));
    const lines = linesOf(await open('?tag_suffix=-a-b'));
    expect(await lines.state()).toBe('-a-b waiting');
    await run.note(makeSummary('-a'));
    await run.note(makeSummary('-a-b', { state: 'merging' }));
    expect(await lines.state()).toBe('-a-b merging');
    await lines.cancel();
  });
  it('is a stream of events for a browser', async () => {
    await run.note(makeSummary('-a', { state: 'published' }));
    const response = await open('', {});
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(await response.text()).toMatch(/^data: \{"tag_suffix":"-a",.*\}\n\n$/);
  });
  it('does not know a run of which nothing came', async () => {
    expect((await open()).status).toBe(404);
  });
});
