import type { MergeState } from '../merge/state.ts';

/** A run of a project; the two name its Durable Object. */
export interface RunKey {
  readonly project: string;
  readonly run_id: string;
}

/** A merge whose legs have not all come in time. */
export interface OverdueMerge {
  readonly tag_suffix: string;
  readonly missing: readonly string[];
}

/** What a run tells the index of itself. */
export interface RunReport extends RunKey {
  /** Absent where the report is older than this field. */
  readonly ref?: string | null;
  /** Whether a merge of it may still go on. */
  readonly open: boolean;
  readonly counts: Readonly<Partial<Record<MergeState, number>>>;
  readonly overdue: readonly OverdueMerge[];
  /** What keeps merges from their targets: how many merges have each code, by registry. */
  readonly problems: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** When it is to be looked at again, in milliseconds since the epoch; null: only when its time is over. */
  readonly tend_at: number | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How a task of the cron trigger ended last. */
export interface TaskResult {
  readonly name: string;
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly ok: boolean;
  /** What it did, as JSON. */
  readonly result?: string;
  readonly problem?: string;
}

/** A run as an overview names it. */
export interface RecentRun extends RunKey {
  readonly ref: string | null;
  readonly open: boolean;
  readonly merges: Readonly<Record<string, number>>;
  readonly overdue: number;
  /** When it was last heard of, in milliseconds since the epoch. */
  readonly at: number;
}

/** Runs that an overview names; all are counted. */
const MAX_RECENT = 12;

/** All runs that are kept, summed up. */
export interface RunsOverview {
  readonly runs: number;
  readonly open: number;
  readonly merges: Readonly<Record<string, number>>;
  readonly overdue: readonly (RunKey & OverdueMerge)[];
  readonly problems: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Those that were last heard of, the latest first. */
  readonly recent: readonly RecentRun[];
}

/** Sums up what the runs told. */
export function sumUp(reports: readonly RunReport[]): RunsOverview {
  const merges: Record<string, number> = {};
  const problems: Record<string, Record<string, number>> = {};
  for (const report of reports) {
    addCounts(merges, report.counts);
    for (const [host, codes] of Object.entries(report.problems)) {
      problems[host] ??= {};
      addCounts(problems[host], codes);
    }
  }
  return {
    runs: reports.length,
    open: reports.filter(({ open }) => open).length,
    merges,
    overdue: reports.flatMap(({ project, run_id, overdue }) => overdue.map((merge) => ({ project, run_id, ...merge }))),
    problems,
    recent: reports
      .toSorted((one, other) => other.at - one.at)
      .slice(0, MAX_RECENT)
      .map(viewRecent),
  };
}

function viewRecent({ project, run_id, ref = null, open, counts, overdue, at }: RunReport): RecentRun {
  return { project, run_id, ref, open, merges: counts, overdue: overdue.length, at };
}

function addCounts(sums: Record<string, number>, counts: Readonly<Partial<Record<string, number>>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + (count ?? 0);
}
