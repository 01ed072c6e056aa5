import type { TagLatest } from '../merge/arrivals/arrival.ts';
import type { MergeState } from '../merge/state.ts';

/** One merge of a run's plan. */
export interface PlannedMerge {
  readonly tag_suffix: string;
  readonly platform_tags: readonly string[];
  readonly tag_latest: TagLatest;
  /** Whether its tags may lose platforms. */
  readonly narrow: boolean;
}

/** What a run says to a merge of it. */
export interface Directive {
  /** Null where the plan does not have it, or there is none. */
  readonly planned: PlannedMerge | null;
  readonly cancelled: boolean;
}

/** What a run keeps of each of its merges; the Merge object holds the rest. */
export interface RunSummary {
  readonly tag_suffix: string;
  readonly state: MergeState;
  readonly reason?: string;
  /** Of what failed. */
  readonly code?: string;
  readonly expected: readonly string[] | null;
  readonly arrived: readonly string[];
  readonly missing: readonly string[] | null;
  readonly digest?: string;
  readonly ref: string;
  readonly sha: string;
  readonly run_attempt: number;
  /** When the missing legs are late, in ISO 8601; absent where none is missing. */
  readonly deadline?: string;
  /** What keeps it from a target, by its code. */
  readonly problems?: readonly { readonly repository: string; readonly code: string }[];
}

/** A merge of a run as a release manager sees it. */
export type RunMergeView = Omit<RunSummary, 'problems'> & { readonly overdue?: boolean };

/** A run as a release manager sees it. */
export interface RunView {
  readonly project: string;
  readonly run_id: string;
  readonly ref: string | null;
  readonly sha: string | null;
  readonly run_attempt: number;
  readonly planned: boolean;
  readonly cancelled: boolean;
  readonly counts: Readonly<Record<string, number>>;
  /** How many of the waiting ones are late. */
  readonly overdue: number;
  readonly merges: readonly RunMergeView[];
}

/** A run as the cleanup of its anchors sees it. */
export interface RunStanding {
  /** When anything last happened in it, in milliseconds since the epoch. */
  readonly touched_at: number;
  readonly merges: readonly { readonly tag_suffix: string; readonly state: MergeState }[];
}
