import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { type RunReport, sumUp } from '../../../src/lib/runs/run-index.ts';

function makeReport(run_id: string, changes: Partial<RunReport> = {}): RunReport {
  return {
    project: 'p',
    run_id,
    open: true,
    counts: {},
    overdue: [],
    problems: {},
    tend_at: null,
    at: 1000,
    ...changes,
  };
}

describe('sumUp', () => {
  it('adds the states of all runs', () => {
    const reports = [
      makeReport('1', { counts: { waiting: 2 } }),
      makeReport('2', { counts: { waiting: 1, failed: 1 } }),
    ];
    expect(sumUp(reports)).toMatchObject({ runs: 2, open: 2, merges: { waiting: 3, failed: 1 } });
  });
  it('says of which run an overdue merge is', () => {
    const overdue = [{ tag_suffix: '-a', missing: ['arm64'] }];
    expect(sumUp([makeReport('1', { overdue })]).overdue).toEqual([
      { project: 'p', run_id: '1', tag_suffix: '-a', missing: ['arm64'] },
    ]);
  });
  it('adds the problems of each registry by code', () => {
    const problems = { 'quay.io': { PEER_BUSY: 1 } };
    expect(sumUp([makeReport('1', { problems }), makeReport('2', { problems })]).problems).toEqual({
      'quay.io': { PEER_BUSY: 2 },
    });
  });
});

describe('sumUp, of the runs that were last heard of', () => {
  it('names the latest first, and not more than twelve', () => {
    const reports = Array.from({ length: 14 }, (_, at) => makeReport(String(at), { at }));
    const { recent } = sumUp(reports);
    expect([recent.length, recent[0]?.run_id, recent.at(-1)?.run_id]).toEqual([12, '13', '2']);
  });
  it('knows no ref of a report that is older than it', () => {
    expect(sumUp([makeReport('1')]).recent[0]?.ref).toBeNull();
  });
});

describe('RunIndexObject', () => {
  const newIndex = () => env.RUN_INDEX.getByName(crypto.randomUUID());

  it('finds the runs that are due, and those that should be gone', async () => {
    const index = newIndex();
    await index.report(makeReport('due', { tend_at: 2000, at: 1500 }));
    await index.report(makeReport('later', { tend_at: 2001, at: 1500 }));
    await index.report(makeReport('quiet', { at: 1500 }));
    await index.report(makeReport('old', { at: 999 }));
    const due = await index.dueRuns(2000, 1000);
    expect(due.map(({ run_id }) => run_id)).toEqual(['old', 'due']);
  });
  it('keeps the newest report of a run', async () => {
    const index = newIndex();
    await index.report(makeReport('1', { counts: { waiting: 1 } }));
    await index.report(makeReport('1', { counts: { published: 1 }, open: false }));
    expect((await index.overview()).runs).toMatchObject({ runs: 1, open: 0, merges: { published: 1 } });
    expect(await index.openRuns()).toEqual([]);
  });
  it('tells runs of two projects apart', async () => {
    const index = newIndex();
    await index.report(makeReport('1'));
    await index.report(makeReport('1', { project: 'q' }));
    await index.forget({ project: 'p', run_id: '1' });
    expect(await index.openRuns()).toEqual([{ project: 'q', run_id: '1' }]);
  });
  it('keeps how each task ended last', async () => {
    const index = newIndex();
    await index.recordTask({ name: 't', at: 1, ms: 2, ok: false, problem: 'x' });
    await index.recordTask({ name: 't', at: 3, ms: 4, ok: true });
    expect((await index.overview()).tasks).toEqual([{ name: 't', at: 3, ms: 4, ok: true }]);
  });
});
