import { describe, expect, it } from 'vitest';
import { isAnchorTag, mayBeOfRun } from '../../../src/lib/keepalive/anchor-tag.ts';
import { isReleased, judgeOwn } from '../../../src/lib/keepalive/judge.ts';
import type { LedgerAnchor } from '../../../src/lib/keepalive/ledger.ts';
import type { MergeState } from '../../../src/lib/merge/state.ts';
import { digestOf } from '../merge/make.ts';

const HOUR = 3_600_000;
const anchor: LedgerAnchor = {
  tag: 'keepalive-4242-cpu-a-amd64',
  project: 'p',
  run_id: '4242',
  tag_suffix: '-cpu-a',
  digest: digestOf('a'),
  anchored_at: 0,
  run_anchored_at: 0,
};
const rules = { maxAgeMs: HOUR, shadow: false };
const standing = (state: MergeState, touched_at = 0, tag_suffix = '-cpu-a') => ({
  touched_at,
  merges: [{ tag_suffix, state }],
});

describe('isAnchorTag', () => {
  it.each(['keepalive-4242-cpu-a-amd64', 'keepalive-4242-core-single', 'keepalive-42.5-x-arm_v7'])(
    'takes %s',
    (tag) => {
      expect(isAnchorTag(tag)).toBe(true);
    },
  );
  it.each([
    'something-else',
    'keepalive-cpu-a-amd64',
    'keepalive-4242',
    'cache-keepalive-4242-cpu-a-amd64',
    'keepalive-4242-cpu-a-AMD64',
    'sha256-0000.keepalive-1-a-amd64',
  ])('takes %s for a stranger’s', (tag) => {
    expect(isAnchorTag(tag)).toBe(false);
  });
});

describe('mayBeOfRun', () => {
  it('knows a run by its id', () => {
    expect(mayBeOfRun('keepalive-4242-cpu-a-amd64', '4242')).toBe(true);
  });
  it('errs on the side of a run whose suffix may begin with a digit', () => {
    expect(mayBeOfRun('keepalive-42429-a-amd64', '4242')).toBe(true);
  });
  it('does not take another run for it', () => {
    expect(mayBeOfRun('keepalive-4241-cpu-a-amd64', '4242')).toBe(false);
  });
});

describe('judgeOwn', () => {
  it.each(['published', 'superseded'] as const)('lets an anchor go whose merge is %s', (state) => {
    expect(judgeOwn(anchor, standing(state), rules, 1)).toEqual({ remove: true, why: 'done' });
  });
  it.each(['waiting', 'needs_token', 'failed', 'cancelled'] as const)(
    'keeps that of a merge that is %s, until its run is abandoned',
    (state) => {
      const judged = [HOUR, HOUR + 1].map((now) => judgeOwn(anchor, standing(state), rules, now));
      expect(judged).toEqual([
        { remove: false, why: 'needed' },
        { remove: true, why: 'abandoned' },
      ]);
    },
  );
  it.each(['merging', 'retrying'] as const)('keeps that of a merge that is %s, however old', (state) => {
    expect(judgeOwn(anchor, standing(state), rules, 1000 * HOUR)).toEqual({ remove: false, why: 'needed' });
  });
  it('does not take a sibling with a longer suffix for it', () => {
    expect(judgeOwn(anchor, standing('published', 0, '-cpu-a-b'), rules, 1)).toEqual({ remove: false, why: 'needed' });
  });
  it('counts from what last happened in the run', () => {
    expect(judgeOwn(anchor, standing('waiting', HOUR), rules, HOUR + 1)).toMatchObject({ remove: false });
  });
  it('counts from the newest anchor of the run', () => {
    expect(judgeOwn({ ...anchor, run_anchored_at: HOUR }, standing('waiting'), rules, HOUR + 1)).toMatchObject({
      remove: false,
    });
  });
  it('keeps that of a run that is not known yet', () => {
    expect(judgeOwn(anchor, null, rules, 1)).toEqual({ remove: false, why: 'needed' });
  });
  it('takes a run that is not known any more as abandoned', () => {
    expect(judgeOwn(anchor, null, rules, HOUR + 1)).toEqual({ remove: true, why: 'abandoned' });
  });
  it('deletes nothing in shadow', () => {
    expect(judgeOwn(anchor, standing('published'), { ...rules, shadow: true }, 1)).toEqual({
      remove: false,
      why: 'shadow',
    });
  });
});

describe('isReleased', () => {
  it.each<[string, MergeState | 'arriving' | null, 'done' | 'abandoned', boolean]>([
    ['is published still', 'published', 'done', true],
    ['waits for a leg of a newer attempt', 'waiting', 'done', false],
    ['takes a report in', 'arriving', 'done', false],
    ['is not known any more', null, 'done', false],
    ['waits, of an abandoned run', 'waiting', 'abandoned', true],
    ['is at work, of an abandoned run', 'merging', 'abandoned', false],
    ['takes a report in, of an abandoned run', 'arriving', 'abandoned', false],
    ['is not known any more, of an abandoned run', null, 'abandoned', true],
  ])('a merge that %s', (_, state, why, released) => {
    expect(isReleased(state, why)).toBe(released);
  });
});
