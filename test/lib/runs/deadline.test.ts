import { describe, expect, it } from 'vitest';
import type { MergeView } from '../../../src/lib/merge/state.ts';
import type { Target } from '../../../src/lib/merge/types.ts';
import { deadlineMinutes, markOverdue } from '../../../src/lib/runs/deadline.ts';
import { makeTarget } from '../merge/make.ts';

function withSource(name: string): Target {
  return { ...makeTarget(name), source: makeTarget('quay.io/a/cache').repository };
}

describe('deadlineMinutes', () => {
  it.each<[string, readonly Target[], number]>([
    ['has twelve hours where anchors hold', [withSource('quay.io/a/b')], 720],
    [
      'has twelve hours where one registry of two anchors',
      [makeTarget('quay.io/a/b'), withSource('docker.io/a/b')],
      720,
    ],
    ['has 45 minutes on a registry that collects', [makeTarget('quay.io/a/b')], 45],
    ['has twelve hours on one that does not', [makeTarget('docker.io/a/b')], 720],
    [
      'counts no source of a target that is skipped',
      [{ ...withSource('docker.io/a/b'), skipped: 'x' }, makeTarget('quay.io/a/b')],
      45,
    ],
    ['looks at the whole host', [makeTarget('quay.io.example.com/a/b')], 720],
  ])('%s', (_, targets, minutes) => {
    expect(deadlineMinutes({ deadline_minutes: undefined }, targets)).toBe(minutes);
  });
  it('is what the project says', () => {
    expect(deadlineMinutes({ deadline_minutes: 5 }, [makeTarget('quay.io/a/b')])).toBe(5);
  });
});

describe('markOverdue', () => {
  const view = { state: 'waiting', missing: ['arm64'] } as unknown as MergeView;

  it('tells the deadline of what waits', () => {
    expect(markOverdue(view, 60_000, 59_999)).toEqual({ ...view, deadline: '1970-01-01T00:01:00.000Z' });
  });
  it('names the leg that is late', () => {
    expect(markOverdue(view, 60_000, 60_000)).toMatchObject({
      overdue: true,
      reason: 'overdue: arm64 had not arrived by 1970-01-01T00:01:00.000Z',
    });
  });
  it('is overdue, too, where nobody said what is expected', () => {
    expect(markOverdue({ ...view, missing: null }, 0, 1)).toMatchObject({ overdue: true });
  });
  it.each(['published', 'needs_token', 'cancelled'] as const)('says nothing of what is %s', (state) => {
    expect(markOverdue({ ...view, state }, 0, 1)).toEqual({ ...view, state });
  });
});
