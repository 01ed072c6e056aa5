import { describe, expect, it } from 'vitest';
import type { Report } from '../../../../src/lib/merge/arrivals/arrival.ts';
import {
  completes,
  expectationOf,
  joinReport,
  type TakenReport,
} from '../../../../src/lib/merge/arrivals/recording.ts';
import type { PlannedMerge } from '../../../../src/lib/runs/types.ts';
import { digestOf, makeArrival, makeRecord } from '../make.ts';

const report: Report = { tag_suffix: '-cpu-bar', platform_tag: 'amd64', digest: digestOf('a'), run_attempt: 1 };
const planned: PlannedMerge = {
  tag_suffix: '-cpu-bar',
  platform_tags: ['amd64', 'arm64'],
  tag_latest: 'true',
  narrow: true,
};
const both = ['amd64', 'arm64'];

describe('expectationOf', () => {
  it('knows none where nobody says', () => {
    expect(expectationOf({ expect: {} }, report, null, undefined)).toBeUndefined();
  });
  it('takes a report without a platform tag as complete', () => {
    const single = { ...report, platform_tag: 'single' };
    expect(expectationOf({ expect: {} }, single, null, undefined)?.platform_tags).toEqual(['single']);
  });
  it('takes the report’s word', () => {
    expect(expectationOf({ expect: {} }, { ...report, expect: both }, null, undefined)).toEqual({
      platform_tags: both,
      authority: 'report',
    });
  });
  it('keeps what an earlier report said', () => {
    const known = { platform_tags: both, authority: 'report' } as const;
    expect(expectationOf({ expect: {} }, report, null, known)).toEqual(known);
  });
  it('sets the configuration above the report', () => {
    const said = expectationOf({ expect: { '-cpu-bar': both } }, { ...report, expect: both }, null, undefined);
    expect(said?.authority).toBe('configuration');
  });
  it('looks up the exact suffix only', () => {
    expect(expectationOf({ expect: { '-cpu': both, '-cpu-bar-x': both } }, report, null, undefined)).toBeUndefined();
  });
  it('sets the plan above all', () => {
    expect(expectationOf({ expect: { '-cpu-bar': both } }, report, planned, undefined)?.authority).toBe('plan');
  });
  it('refuses a report that disagrees with the plan', () => {
    const expecting = { ...report, expect: ['amd64'] };
    expect(() => expectationOf({ expect: {} }, expecting, planned, undefined)).toThrow(
      expect.objectContaining({ code: 'EXPECT_CONFLICT' }),
    );
  });
});

describe('completes', () => {
  const before = makeRecord({ arrivals: [makeArrival('amd64', 'a')] });
  const expectation = { platform_tags: both, authority: 'report' } as const;
  it('is true for the last leg', () => {
    expect(completes(before, expectation, { platform_tag: 'arm64' })).toBe(true);
  });
  it('is false while another is missing', () => {
    expect(completes(undefined, expectation, { platform_tag: 'arm64' })).toBe(false);
  });
  it('is false for a leg that comes again', () => {
    expect(completes(before, expectation, { platform_tag: 'amd64' })).toBe(false);
  });
  it('is false where nobody said what is expected', () => {
    expect(completes(before, undefined, { platform_tag: 'arm64' })).toBe(false);
  });
});

describe('joinReport', () => {
  const record = makeRecord();
  const taken = (changes: Partial<TakenReport>): TakenReport => ({
    subject: record.subject,
    report,
    arrival: makeArrival('amd64', 'a'),
    expectation: record.expectation,
    directive: { planned: null, cancelled: false },
    hasBegun: false,
    ...changes,
  });
  const other = makeArrival('amd64', 'c');

  it('begins a record with its first report', () => {
    expect(joinReport(undefined, taken({}))).toMatchObject({
      generation: 1,
      created_at: makeArrival('amd64', 'a').arrived_at,
      run_attempt: 1,
    });
  });
  it('keeps when the first one came', () => {
    expect(joinReport(record, taken({})).created_at).toBe(record.created_at);
  });
  it('puts a leg in the place of its earlier one', () => {
    const { arrivals } = joinReport(record, taken({ arrival: other }));
    expect(arrivals.map(({ platform_tag, digest }) => [platform_tag, digest])).toEqual([
      ['arm64', digestOf('b')],
      ['amd64', digestOf('c')],
    ]);
  });
  it('stays in its generation while nothing has begun', () => {
    expect(joinReport(record, taken({ arrival: other })).generation).toBe(1);
  });
  it('begins a new generation where other bytes come after the work began', () => {
    expect(joinReport(record, taken({ arrival: other, hasBegun: true })).generation).toBe(2);
  });
  it('stays in its generation where the same bytes come again', () => {
    expect(joinReport(record, taken({ hasBegun: true })).generation).toBe(1);
  });
  it('counts the newest attempt of all legs', () => {
    const before = makeRecord({ run_attempt: 3 });
    expect(joinReport(before, taken({ report: { ...report, run_attempt: 2 } })).run_attempt).toBe(3);
  });
  it('takes the plan’s word on latest and on platforms it may lose', () => {
    const said = { ...report, tag_latest: 'false' } as const;
    const joined = joinReport(record, taken({ report: said, directive: { planned, cancelled: false } }));
    expect([joined.tag_latest, joined.narrow]).toEqual(['true', true]);
  });
  it('is cancelled where its run is', () => {
    expect(joinReport(record, taken({ directive: { planned: null, cancelled: true } })).cancelled).toBe(true);
  });
});
