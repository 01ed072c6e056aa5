import type { TagLatest } from '../merge/arrival.ts';
import type { MergeState } from '../merge/state.ts';

/** One merge of a run's plan. */
export interface PlannedMerge {
  readonly tag_suffix: string;
  readonly platform_tags: readonly string[];
  readonly tag_latest: TagLatest;
  readonly narrow: boolean;
}

/** What a run keeps of each of its merges; the Merge object holds the rest. */
export interface RunSummary {
  readonly tag_suffix: string;
  readonly state: MergeState;
  readonly reason?: string;
  readonly expected: readonly string[] | null;
  readonly arrived: readonly string[];
  readonly missing: readonly string[] | null;
  readonly digest?: string;
  readonly ref: string;
  readonly sha: string;
  readonly run_attempt: number;
}

/** A run as a release manager sees it. */
export interface RunView {
  readonly project: string;
  readonly run_id: string;
  readonly ref: string | null;
  readonly sha: string | null;
  readonly run_attempt: number;
  readonly planned: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly merges: readonly RunSummary[];
}
