import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { runName } from '../../../src/lib/runs/names.ts';
import { makePlanned, makeSummary } from '../../lib/runs/make.ts';
import { look } from './setup.ts';

let id = 62_000;
let run: ReturnType<typeof env.RUNS.getByName>;
beforeEach(async () => {
  id += 1;
  run = env.RUNS.getByName(runName('localai', String(id)));
  const merges = [makePlanned('-cpu-a', ['amd64', 'arm64']), makePlanned('')];
  await run.plan({ run_attempt: 1, ref: 'refs/tags/v1', sha: 's', merges });
});
const show = (segment: string) => look(`/merges/localai/${id}/${segment}`);

describe('the page of a merge that is planned', () => {
  it('says what it waits for', async () => {
    const { status, text } = await show('-cpu-a');
    expect(status).toBe(200);
    expect(text).toContain('WaitingNothing has arrived yet; it needs amd64 and arm64.');
    expect(text).toContain('arm64 has not arrived');
  });
  it('has the way back to its run', async () => {
    expect((await show('-cpu-a')).html).toMatch(new RegExp(`<a href="/runs/localai/${id}">v1, run ${id}</a>`));
  });
  it('watches the run for its first leg', async () => {
    const { html } = await show('-cpu-a');
    expect(html).toContain(`data-events="/v1/runs/localai/${id}/events?tag_suffix=-cpu-a"`);
  });
  it('is there for the empty suffix, too', async () => {
    expect((await show('~')).status).toBe(200);
  });
  it('waits for nothing where the run was cancelled', async () => {
    await run.cancel();
    const { text, html } = await show('-cpu-a');
    expect(text).toContain('Cancelled');
    expect(html).not.toContain('data-events');
  });
  it('has the parts that the merge’s own page replaces', async () => {
    expect((await show('-cpu-a')).html.match(/<div id="\w+"[^>]* data-live/g)).toHaveLength(2);
  });
  it.each([
    ['a merge that is not planned', '-gpu'],
    ['one that the run remembers, but that is gone', '-gone'],
  ])('is not there for %s', async (_, segment) => {
    await run.note(makeSummary('-gone'));
    const { status, text } = await show(segment);
    expect([status, text.includes('MERGE_UNKNOWN')]).toEqual([404, true]);
  });
});
