import { describe, expect, it } from 'vitest';
import { reportRun, viewRun } from '../../../src/lib/runs/view.ts';
import { makePlanned, makeRow, makeRunRecord, makeSummary } from './make.ts';

const plan = { run_attempt: 2, ref: 'refs/tags/v1', sha: 'c0ffee', at: 0 };
const published = makeRow('-p', { summary: makeSummary('-p', { state: 'published', missing: [] }) });
const late = makeRow('-l', { summary: makeSummary('-l', { deadline: new Date(1000).toISOString() }) });
const planned = makeRow('-n', { planned: makePlanned('-n', ['amd64', 'arm64']) });

describe('viewRun', () => {
  it('counts the states', () => {
    expect(viewRun(makeRunRecord(), [published, late], 0).counts).toEqual({ published: 1, waiting: 1 });
  });
  it('lists what is planned and has not come, with what is missing', () => {
    expect(viewRun(makeRunRecord({ plan }), [planned], 0).merges).toEqual([
      {
        tag_suffix: '-n',
        state: 'waiting',
        expected: ['amd64', 'arm64'],
        arrived: [],
        missing: ['amd64', 'arm64'],
        ref: 'refs/tags/v1',
        sha: 'c0ffee',
        run_attempt: 2,
      },
    ]);
  });
  it('says what is late, and which leg', () => {
    const { overdue, merges } = viewRun(makeRunRecord(), [late], 1000);
    expect([overdue, merges[0]?.overdue, merges[0]?.reason]).toEqual([
      1,
      true,
      'overdue: arm64 had not arrived by 1970-01-01T00:00:01.000Z',
    ]);
  });
  it('is cancelled with what has not come', () => {
    const view = viewRun(makeRunRecord({ plan, cancelled_attempt: 2 }), [planned], 0);
    expect([view.cancelled, view.counts]).toEqual([true, { cancelled: 1 }]);
  });
  it('has the newest attempt of all', () => {
    const newer = makeRow('-a', { summary: makeSummary('-a', { run_attempt: 3 }) });
    expect(viewRun(makeRunRecord({ plan }), [newer, published], 0).run_attempt).toBe(3);
  });
});

describe('reportRun', () => {
  it('is over when everything is published', () => {
    expect(reportRun(makeRunRecord(), [published], 0)).toMatchObject({ open: false, tend_at: null, overdue: [] });
  });
  it('is open while something is planned that has not come', () => {
    expect(reportRun(makeRunRecord({ plan }), [published, planned], 0).open).toBe(true);
  });
  it('names what is overdue', () => {
    expect(reportRun(makeRunRecord(), [late], 2000).overdue).toEqual([{ tag_suffix: '-l', missing: ['arm64'] }]);
  });
  it('counts the codes that keep merges from a registry', () => {
    const problems = [{ repository: 'quay.io/a/b', code: 'PEER_FAILED' }];
    const rows = ['-a', '-b'].map((suffix) =>
      makeRow(suffix, { summary: makeSummary(suffix, { state: 'retrying', problems }) }),
    );
    expect(reportRun(makeRunRecord(), rows, 0).problems).toEqual({ 'quay.io': { PEER_FAILED: 2 } });
  });
});
