import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  afterBusy,
  afterFailure,
  FRESH_HOST,
  type HostState,
  isGivenUp,
} from '../../../../src/lib/gallery/audit/pace.ts';

/** A registry after so many failures, each after its pause. */
function failing(times: number, from: HostState = FRESH_HOST): HostState {
  let state = from;
  for (let count = 0; count < times; count += 1) state = afterFailure(state, 0);
  return state;
}

describe('afterFailure', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 15_000],
    [6, 60_000],
    [9, 240_000],
    [30, 600_000],
  ])('after %s pauses for %s ms', (times, pausedUntil) => {
    expect(failing(times).pausedUntil).toBe(pausedUntil);
  });

  it('counts failures in a row only', () => {
    expect(failing(2, afterAnswer(failing(2))).pausedUntil).toBe(0);
  });
});

describe('isGivenUp', () => {
  it('waits twice for a registry that never answered', () => {
    expect([isGivenUp(failing(8)), isGivenUp(failing(9))]).toEqual([false, true]);
  });

  it('waits longer for one that did', () => {
    const answered = afterAnswer(FRESH_HOST);
    expect([isGivenUp(failing(26, answered)), isGivenUp(failing(27, answered))]).toEqual([false, true]);
  });
});

describe('afterBusy', () => {
  it.each([
    [30_000, 30_000],
    [undefined, 60_000],
    [0, 1_000],
    [10 * 3_600_000, 6 * 3_600_000],
  ])('heeds a wish for %s ms with %s ms', (retryAfterMs, pause) => {
    expect(afterBusy(FRESH_HOST, 0, retryAfterMs).pausedUntil).toBe(pause);
  });

  it('is no failure', () => {
    expect(isGivenUp(afterBusy(failing(8), 0, undefined))).toBe(false);
  });
});
