import { describeOverdue, isOverdue } from './deadline.ts';
import type { RunReport } from './run-index.ts';
import type { RunRecord, RunRow } from './run-store.ts';
import type { RunMergeView, RunView } from './types.ts';
import { tendAt } from './watchdog.ts';

/** States after which nothing more comes of a merge, unless a newer attempt brings it. */
const CLOSED = ['published', 'superseded', 'cancelled'];

/** A run as a release manager sees it: every merge that is planned, or of which something arrived. */
export function viewRun(record: RunRecord, rows: readonly RunRow[], now: number): RunView {
  const merges = rows.map((row) => viewRow(record, row, now));
  const [first] = rows.flatMap(({ summary }) => summary ?? []);
  const counts: Record<string, number> = {};
  for (const { state } of merges) counts[state] = (counts[state] ?? 0) + 1;
  return {
    project: record.project,
    run_id: record.run_id,
    ref: first?.ref ?? record.plan?.ref ?? null,
    sha: first?.sha ?? record.plan?.sha ?? null,
    run_attempt: attemptOf(record, rows),
    planned: record.plan !== undefined,
    cancelled: record.cancelled_attempt !== undefined,
    counts,
    overdue: merges.filter(({ overdue }) => overdue).length,
    merges,
  };
}

/** The newest attempt of which anything is known. */
export function attemptOf(record: RunRecord, rows: readonly RunRow[]): number {
  return Math.max(1, record.plan?.run_attempt ?? 1, ...rows.map(({ summary }) => summary?.run_attempt ?? 1));
}

/** Whether a merge may still go on. */
export function isOpen(merges: readonly { readonly state: string }[]): boolean {
  return merges.some(({ state }) => !CLOSED.includes(state));
}

/** A run as the index keeps it. */
export function reportRun(record: RunRecord, rows: readonly RunRow[], now: number): RunReport {
  const { project, run_id, ref, counts, merges } = viewRun(record, rows, now);
  const problems: Record<string, Record<string, number>> = {};
  for (const { repository, code } of rows.flatMap(({ summary }) => summary?.problems ?? [])) {
    const host = repository.slice(0, repository.indexOf('/'));
    problems[host] ??= {};
    problems[host][code] = (problems[host][code] ?? 0) + 1;
  }
  return {
    project,
    run_id,
    ref,
    open: isOpen(merges),
    counts,
    overdue: merges.flatMap(({ tag_suffix, overdue, missing }) =>
      overdue ? [{ tag_suffix, missing: missing ?? [] }] : [],
    ),
    problems,
    tend_at: tendAt(rows, now),
    at: now,
  };
}

/** A merge of a run as a release manager sees it. */
export function viewRow(record: RunRecord, { tag_suffix, planned, summary }: RunRow, now: number): RunMergeView {
  if (!summary) {
    const expected = planned?.platform_tags ?? null;
    const { ref = '', sha = '', run_attempt = 1 } = record.plan ?? {};
    const state = record.cancelled_attempt === undefined ? 'waiting' : 'cancelled';
    return { tag_suffix, state, expected, arrived: [], missing: expected, ref, sha, run_attempt };
  }
  const { problems: _, ...merge } = summary;
  if (!isOverdue(merge, now)) return merge;
  return { ...merge, overdue: true, reason: describeOverdue(merge.missing, merge.deadline ?? '') };
}
