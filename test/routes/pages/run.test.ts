import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { runName } from '../../../src/lib/runs/names.ts';
import { makeSummary } from '../../lib/runs/make.ts';
import { look } from './setup.ts';

let id = 61_000;
let run: ReturnType<typeof env.RUNS.getByName>;
beforeEach(() => {
  id += 1;
  run = env.RUNS.getByName(runName('localai', String(id)));
});
const show = (query = '') => look(`/runs/localai/${id}${query}`);
const published = { state: 'published', arrived: ['amd64', 'arm64'], missing: [] } as const;
const cellsOf = (html: string) => [...html.matchAll(/<a id="merge([^"]*)"/g)].map(([, suffix]) => suffix);

describe('the page of a run', () => {
  it.each([
    ['waiting', {}, 'waiting', 'wait'],
    ['merging', { state: 'merging' }, 'merging', 'work'],
    ['retrying', { state: 'retrying' }, 'trying again', 'work'],
    ['published', published, 'published', 'good'],
    ['superseded', { state: 'superseded' }, 'superseded', 'aside'],
    ['cancelled', { state: 'cancelled' }, 'cancelled', 'aside'],
    ['needs_token', { state: 'needs_token', reason: 'r' }, 'needs a token', 'bad'],
    ['failed', { state: 'failed', reason: 'r', code: 'NARROWER' }, 'failed', 'bad'],
    ['overdue', { deadline: '2026-01-01T00:00:00.000Z' }, 'overdue', 'bad'],
  ] as const)('shows a merge that is %s by a word and a shape', async (_, changes, word, icon) => {
    await run.note(makeSummary('-cpu-a', changes));
    const cell = /<a id="merge-cpu-a".*?<\/a>/s.exec((await show()).html)?.[0];
    expect(cell).toContain(`<span class="hidden">${word}: </span>`);
    expect(cell).toContain(`<use href="#${icon}">`);
  });
  it('says in a sentence how it stands', async () => {
    await run.note(makeSummary('-a', published));
    await run.note(makeSummary('-b', { state: 'needs_token', reason: 'r' }));
    expect((await show()).text).toContain('1 of 2 merges is published; 1 needs attention.');
  });
  it('says so where all are published, and waits for nothing more', async () => {
    await run.note(makeSummary('-a', published));
    const { text, html } = await show();
    expect(text).toContain('Its one merge is published.');
    expect(html).not.toContain('data-events');
  });
  it('names the stream of its events, and loads itself again where there is no script', async () => {
    await run.note(makeSummary('-a'));
    const { html } = await show();
    expect(html).toContain(`data-events="/v1/runs/localai/${id}/events"`);
    expect(html).toMatch(/<noscript><meta http-equiv="refresh" content="20"\/?><\/noscript>/);
  });
  it('says which legs have come, and which have not', async () => {
    await run.note(makeSummary('-a'));
    expect((await show()).text).toContain('amd64arm64 missing');
  });
  it('says what to do about what needs attention', async () => {
    await run.note(makeSummary('-a', { state: 'failed', code: 'SOURCE_GONE', reason: 'it is gone' }));
    const { text } = await show();
    expect(text).toContain('It is gone.');
    expect(text).toContain('Re-run the build job of the leg that is gone');
  });
  it.each([
    ['?suffix=CPU', ['-cpu-a', '-cpu-b']],
    ['?suffix=-cpu-b', ['-cpu-b']],
    ['?state=published', ['-cpu-b', '-gpu-c']],
    ['?state=published&suffix=cpu', ['-cpu-b']],
    ['?state=nonsense', ['-cpu-a', '-cpu-b', '-gpu-c']],
    [`?suffix=${'x'.repeat(81)}`, ['-cpu-a', '-cpu-b', '-gpu-c']],
  ])('filters by %s', async (query, suffixes) => {
    await run.note(makeSummary('-cpu-a'));
    await run.note(makeSummary('-cpu-b', published));
    await run.note(makeSummary('-gpu-c', published));
    expect(cellsOf((await show(query)).html).sort()).toEqual(suffixes);
  });
  it('offers the way back where nothing is left', async () => {
    await run.note(makeSummary('-a'));
    expect((await show('?suffix=zzz')).text).toContain('Show all 1');
  });
  it('escapes what came from elsewhere', async () => {
    const evil = '"><script>alert(1)</script>';
    await run.note(makeSummary('-a', { state: 'failed', reason: evil, ref: `refs/heads/${evil}`, sha: evil }));
    const { html } = await show(`?suffix=${encodeURIComponent(evil)}`);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
