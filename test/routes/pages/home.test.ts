import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/routes/pages/health.tsx';
import { homePage, problemsOf } from '../../../src/routes/pages/home.tsx';
import { textOf } from './setup.ts';

const AT = '2026-11-26T10:00:00.000Z';

/** The status of a Muster with nothing to worry about. */
function makeStatus(changes: Partial<Status> = {}): Status {
  return {
    at: AT,
    trust_root: { source: 'configuration' },
    tasks: [{ name: 'runs', at: AT, ms: 5, ok: true, result: undefined }],
    serves: { projects: [], policies: ['p'], galleries: [] },
    runs: { kept: 1, open: 1, recent: [makeRun()] },
    merges: { published: 2 },
    overdue: { count: 0, merges: [] },
    keepalives: [],
    registries: [makeRegistry()],
    ...changes,
  };
}

function makeRun(changes: Partial<Status['runs']['recent'][number]> = {}): Status['runs']['recent'][number] {
  const merges = { published: 2 };
  return {
    project: 'localai',
    run_id: '42',
    ref: 'refs/tags/v4.3.0',
    open: true,
    merges,
    overdue: 0,
    at: AT,
    ...changes,
  };
}

function makeRegistry(problems: Record<string, number> = {}): Status['registries'][number] {
  return { host: 'quay.io', problems, last_hour: {}, last_day: {} } as unknown as Status['registries'][number];
}

/** A Muster that has one run. */
function withRun(changes: Parameters<typeof makeRun>[0]): Partial<Status> {
  const run = makeRun(changes);
  const overdue = { count: run.overdue, merges: [] };
  return { runs: { kept: 1, open: 1, recent: [run] }, merges: run.merges, overdue };
}

const PATH = '/runs/localai/42?state=attention';

describe('problemsOf', () => {
  it('finds none where everything is as it should be', () => {
    expect(problemsOf(makeStatus())).toEqual([]);
  });
  it('finds none in merges that wait, or go on by themselves', () => {
    const merges = { waiting: 1, merging: 1, retrying: 1, published: 1, superseded: 1, cancelled: 1 };
    expect(problemsOf(makeStatus(withRun({ merges })))).toEqual([]);
  });
  it.each([
    ['an expired trusted root', { trust_root: { expired: true } }, 'The trusted root has expired'],
    ['a trusted root that is not refreshed', { trust_root: { problem: 'why' } }, 'could not be refreshed: why.'],
    [
      'a task that failed',
      { tasks: [{ name: 'runs', at: AT, ms: 5, ok: false, problem: 'why', result: undefined }] },
      'The scheduled task runs failed: why.',
    ],
    [
      'anchors that stay',
      { keepalives: [{ repository: 'quay.io/a/b', problem: { code: 'X', detail: 'why' } }] },
      'Anchors in quay.io/a/b cannot be cleaned up: why.',
    ],
    [
      'a registry that holds merges up',
      { registries: [makeRegistry({ PEER_FAILED: 2 })] },
      'quay.io holds merges up: PEER_FAILED for 2 merges.',
    ],
  ])('finds %s', (_, changes, said) => {
    const problems = problemsOf(makeStatus(changes as unknown as Partial<Status>));
    expect(problems).toEqual([{ said: expect.stringContaining(said) }]);
  });
  it.each([
    ['that need a token', { merges: { needs_token: 2 } }, '2 merges of v4.3.0 need attention.'],
    ['that failed', { merges: { failed: 1 } }, '1 merge of v4.3.0 needs attention.'],
    ['of a run without a ref', { ref: null, merges: { failed: 1 } }, '1 merge of run 42 needs attention.'],
    [
      'that are overdue',
      { merges: { waiting: 3 }, overdue: 2 },
      '2 merges of v4.3.0 need attention: a build job has not reported in time.',
    ],
    [
      'of which some are overdue',
      { merges: { waiting: 3, failed: 2 }, overdue: 1 },
      '3 merges of v4.3.0 need attention; for 1 of them a build job has not reported in time.',
    ],
  ])('finds merges %s, once, and the page that has them', (_, run, said) => {
    expect(problemsOf(makeStatus(withRun(run)))).toEqual([{ said, path: PATH }]);
  });
  it('finds merges of runs that are not among the recent ones', () => {
    const status = makeStatus({ merges: { published: 2, failed: 1, waiting: 1 }, overdue: { count: 1, merges: [] } });
    const said = '2 merges of older runs need attention; for 1 of them a build job has not reported in time.';
    expect(problemsOf(status)).toEqual([{ said }]);
  });
});

describe('the overview', () => {
  const show = (changes?: Partial<Status>) => `<main>${homePage(makeStatus(changes)).body}</main>`;

  it('says that all is well', () => {
    expect(textOf(show())).toContain('All is well.1 run is open, of 1 kept.');
  });
  it('says how much needs attention, and links to it', () => {
    const html = show(withRun({ merges: { needs_token: 3 } }));
    expect(textOf(html)).toContain('1 thing needs attention.3 merges of v4.3.0 need attention.');
    expect(html).toContain(`<a href="${PATH}">3 merges`);
  });
});
