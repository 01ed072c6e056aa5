import type { RunRow } from './run-store.ts';
import type { Directive, RunSummary } from './types.ts';

/** A merge at work that has said nothing for so long may have stopped: its own alarm is much sooner. In milliseconds. */
const SILENCE_MS = 900_000;

/**
 * When a merge is to be woken, in case it has stopped without an alarm; undefined where it need not be. In milliseconds
 * since the epoch.
 *
 * One that waits for a token is woken once after it spoke: it may have been killed after it had signed.
 */
export function wakeAt({ summary, noted_at, woken_at }: RunRow): number | undefined {
  const isAtWork = summary?.state === 'merging' || summary?.state === 'retrying';
  const isUnclear = summary?.state === 'needs_token' && woken_at < noted_at;
  return isAtWork || isUnclear ? Math.max(noted_at, woken_at) + SILENCE_MS : undefined;
}

/** When a run is to be looked at again: a merge to wake, or one that becomes overdue; null where there is nothing. */
export function tendAt(rows: readonly RunRow[], now: number): number | null {
  const times = rows.flatMap((row) => {
    const { state, deadline } = row.summary ?? {};
    const late = state === 'waiting' && deadline !== undefined ? Date.parse(deadline) : 0;
    return [...(late > now ? [late] : []), wakeAt(row) ?? []].flat();
  });
  return times.length > 0 ? Math.min(...times) : null;
}

/** Whether a merge has not heard yet what its run says: it spoke while that changed. */
export function isBehind(summary: RunSummary, { planned, cancelled }: Directive): boolean {
  const text = (tags: readonly string[] | null) => [...(tags ?? [])].sort().join();
  if (planned && text(summary.expected) !== text(planned.platform_tags)) return true;
  return cancelled !== (summary.state === 'cancelled') && !['published', 'superseded'].includes(summary.state);
}
