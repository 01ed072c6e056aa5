import { describe, expect, it } from 'vitest';
import { createTelemetry, type Dataset, type StepEvent, type Telemetry } from '../../src/lib/telemetry.ts';

const MERGE = { project: 'localai', run_id: '1', run_attempt: 2, tag_suffix: '-a', generation: 1 };
const step = (event: Partial<StepEvent>): StepEvent => ({
  ...MERGE,
  step: 'push',
  target: 'quay.io/a',
  state: 'done',
  ...event,
});
type Point = Parameters<Dataset['writeDataPoint']>[0];

/** What an event leaves in the log, by level, and in the dataset. */
function observe(tell: (telemetry: Telemetry) => void, isBound = true) {
  const lines: [string, unknown][] = [];
  const points: Point[] = [];
  const write = (level: string) => (text: string) => lines.push([level, JSON.parse(text)]);
  const log = { log: write('log'), warn: write('warn'), error: write('error') };
  tell(createTelemetry(log, isBound ? { writeDataPoint: (point) => points.push(point) } : undefined));
  return { lines, points };
}

describe('a step', () => {
  it('is a line as it begins, and not measured yet', () => {
    const { lines, points } = observe(({ step: tell }) => tell(step({ state: 'running' })));
    const line = {
      at: 'step',
      state: 'running',
      project: 'localai',
      run: '1',
      attempt: 2,
      suffix: '-a',
      generation: 1,
    };
    expect(lines).toEqual([['log', { ...line, step: 'push', target: 'quay.io/a' }]]);
    expect(points).toEqual([]);
  });
  it('is measured as it ends', () => {
    const { points } = observe(({ step: tell }) => tell(step({ ms: 12 })));
    const blobs = ['step', 'localai', 'push', 'quay.io/a', 'done', ''];
    expect(points).toEqual([{ indexes: ['step'], blobs, doubles: [12] }]);
  });
  it.each([
    ['a warning where it is tried again', 'warn', { retry_in_ms: 2000 }],
    ['an error where somebody has to mend it', 'error', {}],
  ])('that failed is %s', (_, level, retry) => {
    const failed = step({ state: 'failed', ms: 1, code: 'PEER_BUSY', problem: 'busy', tries: 1, ...retry });
    const { lines, points } = observe(({ step: tell }) => tell(failed));
    expect(lines).toMatchObject([[level, { state: 'failed', code: 'PEER_BUSY', problem: 'busy', ...retry }]]);
    expect(points[0]?.blobs.slice(4)).toEqual(['failed', 'PEER_BUSY']);
  });
});

describe('what else is told', () => {
  it('is a merge that rests', () => {
    const { lines, points } = observe(({ rest }) => rest({ ...MERGE, state: 'published', ms: 900 }));
    expect(lines).toMatchObject([['log', { at: 'merge', state: 'published', run: '1', suffix: '-a', ms: 900 }]]);
    expect(points).toMatchObject([{ indexes: ['merge'], doubles: [900] }]);
  });
  it('is a scheduled task', () => {
    const { lines } = observe(({ task }) => task({ cron: '* * * * *', task: 'runs', ok: false, ms: 3, problem: 'no' }));
    expect(lines).toMatchObject([['error', { at: 'task', task: 'runs', ok: false, problem: 'no' }]]);
  });
  it('is a request, which is measured only', () => {
    const request = { method: 'GET', route: '/v1/runs/:project/:run_id', status: 200, ms: 4 };
    const { lines, points } = observe(({ request: tell }) => tell(request));
    expect([lines, points[0]?.blobs]).toEqual([[], ['request', '', 'GET /v1/runs/:project/:run_id', '', '200', '']]);
  });
  it('is not measured without a dataset', () => {
    const { lines, points } = observe(({ step: tell }) => tell(step({ ms: 1 })), false);
    expect([lines.length, points]).toEqual([1, []]);
  });
});
