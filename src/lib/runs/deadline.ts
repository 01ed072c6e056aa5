import type { ProjectConfig } from '../config.ts';
import type { MergeView } from '../merge/state.ts';
import type { Target } from '../merge/types.ts';

/** Legs of a matrix may come hours apart. */
const PATIENT_MINUTES = 720;
/** Within this an untagged image is still there on a registry that collects such. */
const HASTY_MINUTES = 45;
/** Registries that collect an untagged image, about an hour after it was pushed. */
const COLLECTING = ['quay.io'];

/**
 * How long after the first leg the last one may come, in minutes, before the merge is overdue.
 *
 * Without a source there are no anchors: then a leg must be merged before its registry collects it.
 */
export function deadlineMinutes(project: Pick<ProjectConfig, 'deadline_minutes'>, targets: readonly Target[]): number {
  if (project.deadline_minutes !== undefined) return project.deadline_minutes;
  const used = targets.filter(({ skipped }) => skipped === undefined);
  const anchored = used.some(({ source }) => source !== undefined);
  const collected = used.some(({ repository }) => COLLECTING.includes(repository.host));
  return !anchored && collected ? HASTY_MINUTES : PATIENT_MINUTES;
}

/** A merge that waits, as far as its deadline is concerned. */
interface Waiting {
  readonly state: string;
  readonly missing: readonly string[] | null;
  readonly deadline?: string;
}

/** Whether legs are missing although their time is over; such a merge still completes when they come. */
export function isOverdue({ state, missing, deadline }: Waiting, now: number): boolean {
  return state === 'waiting' && missing?.length !== 0 && deadline !== undefined && Date.parse(deadline) <= now;
}

/** What keeps an overdue merge waiting, in words. */
export function describeOverdue(missing: readonly string[] | null, deadline: string): string {
  return `overdue: ${missing?.join(', ') ?? 'a leg'} had not arrived by ${deadline}`;
}

/** A waiting merge with its deadline, in milliseconds since the epoch; once that is over, it is overdue and says why. */
export function markOverdue(view: MergeView, deadlineMs: number, now: number): MergeView {
  if (view.state !== 'waiting') return view;
  const deadline = new Date(deadlineMs).toISOString();
  if (!isOverdue({ ...view, deadline }, now)) return { ...view, deadline };
  return { ...view, deadline, overdue: true, reason: describeOverdue(view.missing, deadline) };
}
