import { describe, expect, it } from 'vitest';
import { applyDirective, checkExpected, problemsOf } from '../../../../src/lib/merge/arrivals/directive.ts';
import type { MergeView } from '../../../../src/lib/merge/state.ts';
import { makeRecord } from '../make.ts';

const planned = { tag_suffix: '-cpu-bar', platform_tags: ['amd64'], tag_latest: 'true', narrow: true } as const;

describe('applyDirective', () => {
  it('takes over what the plan says', () => {
    expect(applyDirective(makeRecord(), { planned, cancelled: false }, 'waiting')).toMatchObject({
      expectation: { platform_tags: ['amd64'], authority: 'plan' },
      tag_latest: 'true',
      narrow: true,
    });
  });
  it('leaves what a report said where there is no plan', () => {
    expect(applyDirective(makeRecord(), { planned: null, cancelled: false }, 'waiting')).toEqual(makeRecord());
  });
  it.each(['waiting', 'needs_token', 'merging', 'retrying', 'failed'] as const)('cancels what is %s', (state) => {
    expect(applyDirective(makeRecord(), { planned, cancelled: true }, state).cancelled).toBe(true);
  });
  it.each(['published', 'superseded'] as const)('does not cancel what is %s', (state) => {
    expect(applyDirective(makeRecord(), { planned, cancelled: true }, state).cancelled).toBe(false);
  });
  it('takes a cancellation back', () => {
    const record = makeRecord({ cancelled: true });
    expect(applyDirective(record, { planned: null, cancelled: false }, 'cancelled').cancelled).toBe(false);
  });
});

describe('checkExpected', () => {
  const expectation = { platform_tags: ['amd64'], authority: 'report' } as const;

  it('takes a leg that is expected', () => {
    expect(() => checkExpected(expectation, 'amd64')).not.toThrow();
  });
  it('takes any leg where nobody said what is expected', () => {
    expect(() => checkExpected(undefined, 'amd64')).not.toThrow();
  });
  it('refuses a leg that would make the image wider than expected', () => {
    expect(() => checkExpected(expectation, 'arm64')).toThrow(expect.objectContaining({ code: 'EXPECT_CONFLICT' }));
  });
});

describe('problemsOf', () => {
  it('names the code of each target that is in trouble', () => {
    const targets = [
      { repository: 'a.test/x', state: 'retrying', reason: 'PEER_BUSY: GET a.test: status 429', tags: [] },
      { repository: 'b.test/x', state: 'failed', reason: 'TARGET_REFUSED: no', tags: [] },
      { repository: 'c.test/x', state: 'skipped', reason: 'no credential', tags: [] },
      { repository: 'd.test/x', state: 'published', tags: [] },
    ];
    expect(problemsOf({ targets } as unknown as MergeView)).toEqual([
      { repository: 'a.test/x', code: 'PEER_BUSY' },
      { repository: 'b.test/x', code: 'TARGET_REFUSED' },
    ]);
  });
});
