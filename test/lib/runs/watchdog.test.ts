import { describe, expect, it } from 'vitest';
import type { MergeState } from '../../../src/lib/merge/state.ts';
import { isBehind, tendAt, wakeAt } from '../../../src/lib/runs/watchdog.ts';
import { makePlanned, makeRow, makeSummary } from './make.ts';

const MINUTE = 60_000;
const rowIn = (state: MergeState, times: { noted_at: number; woken_at?: number }) =>
  makeRow('-a', { summary: makeSummary('-a', { state }), ...times });

describe('wakeAt', () => {
  it.each(['merging', 'retrying'] as const)('wakes what is %s after a quarter of an hour of silence', (state) => {
    expect(wakeAt(rowIn(state, { noted_at: 1000 }))).toBe(1000 + 15 * MINUTE);
  });
  it('waits as long again before it wakes it once more', () => {
    expect(wakeAt(rowIn('merging', { noted_at: 1000, woken_at: 5000 }))).toBe(5000 + 15 * MINUTE);
  });
  it('wakes what waits for a token once', () => {
    expect(wakeAt(rowIn('needs_token', { noted_at: 1000 }))).toBe(1000 + 15 * MINUTE);
    expect(wakeAt(rowIn('needs_token', { noted_at: 1000, woken_at: 5000 }))).toBeUndefined();
  });
  it.each(['waiting', 'published', 'superseded', 'failed', 'cancelled'] as const)('lets what is %s be', (state) => {
    expect(wakeAt(rowIn(state, { noted_at: 1000 }))).toBeUndefined();
  });
});

describe('tendAt', () => {
  const deadline = new Date(20 * MINUTE).toISOString();
  const waiting = makeRow('-b', { summary: makeSummary('-b', { deadline }) });

  it('is null where nothing is to come', () => {
    expect(tendAt([rowIn('published', { noted_at: 0 }), makeRow('-p', { planned: makePlanned('-p') })], 0)).toBeNull();
  });
  it('is the first of the times', () => {
    expect(tendAt([waiting, rowIn('merging', { noted_at: 1000 })], 0)).toBe(1000 + 15 * MINUTE);
  });
  it('is the deadline of what waits, until it is over', () => {
    expect([tendAt([waiting], 0), tendAt([waiting], 20 * MINUTE)]).toEqual([20 * MINUTE, null]);
  });
});

describe('isBehind', () => {
  const summary = makeSummary('-a');

  it('is not where the merge expects what is planned', () => {
    const planned = makePlanned('-a', ['arm64', 'amd64']);
    expect(isBehind(summary, { planned, cancelled: false })).toBe(false);
  });
  it('is where the plan came meanwhile', () => {
    expect(isBehind(summary, { planned: makePlanned('-a'), cancelled: false })).toBe(true);
  });
  it('is where the run was cancelled meanwhile', () => {
    expect(isBehind(summary, { planned: null, cancelled: true })).toBe(true);
  });
  it('is where the run goes on, and the merge does not know', () => {
    expect(isBehind({ ...summary, state: 'cancelled' }, { planned: null, cancelled: false })).toBe(true);
  });
  it('is not where it was published before the run was cancelled', () => {
    expect(isBehind({ ...summary, state: 'published' }, { planned: null, cancelled: true })).toBe(false);
  });
});
