import { RunError } from './error.ts';
import type { PlannedMerge } from './types.ts';

/** What has arrived of a merge. */
export interface Arrived {
  readonly tag_suffix: string;
  readonly arrived: readonly string[];
}

/** A merge of which legs have arrived that the plan does not have; `planned` is null where it has none of them. */
export interface PlanConflict extends Arrived {
  readonly planned: readonly string[] | null;
}

/** How a plan differs from the one before it, by tag suffix. */
export interface PlanChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Not in the plan of a newer attempt, but with legs that have arrived: attempts of one run combine. */
  readonly kept: readonly string[];
  readonly conflicts: readonly PlanConflict[];
}

export interface PlanComparison {
  readonly before: readonly PlannedMerge[];
  readonly next: readonly PlannedMerge[];
  readonly arrived: readonly Arrived[];
  /** Whether the plan is a newer attempt's than the one before it. */
  readonly newer: boolean;
}

/**
 * Compares a plan with the one before it, and with what has arrived.
 *
 * What arrived stays: a plan that does not have it is in conflict, but for merges that a newer attempt's plan leaves out,
 * for such an attempt may repeat only a part of the run.
 */
export function comparePlans({ before, next, arrived, newer }: PlanComparison): PlanChange {
  const old = new Map(before.map((merge) => [merge.tag_suffix, merge]));
  const planned = new Map(next.map((merge) => [merge.tag_suffix, merge]));
  const come = new Map(arrived.map((merge) => [merge.tag_suffix, merge.arrived]));
  const isKept = (suffix: string) => newer && old.has(suffix) && come.has(suffix);
  const left = [...old.keys()].filter((suffix) => !planned.has(suffix));
  return {
    added: [...planned.keys()].filter((suffix) => !old.has(suffix)),
    changed: next.flatMap((merge) => {
      const earlier = old.get(merge.tag_suffix);
      return earlier && !isSame(earlier, merge) ? [merge.tag_suffix] : [];
    }),
    removed: left.filter((suffix) => !isKept(suffix)),
    kept: left.filter(isKept),
    conflicts: arrived.flatMap((merge) => {
      if (!planned.has(merge.tag_suffix) && isKept(merge.tag_suffix)) return [];
      const tags = planned.get(merge.tag_suffix)?.platform_tags ?? null;
      return merge.arrived.every((tag) => tags?.includes(tag)) ? [] : [{ ...merge, planned: tags }];
    }),
  };
}

/** Whether two plans of a merge say the same. */
export function isSame(left: PlannedMerge, right: PlannedMerge): boolean {
  const key = ({ platform_tags, tag_latest, narrow }: PlannedMerge) =>
    JSON.stringify([[...platform_tags].sort(), tag_latest, narrow]);
  return key(left) === key(right);
}

/**
 * Whether a leg belongs to a run: only where there is no plan, or the plan has it.
 *
 * @throws {RunError} NOT_PLANNED
 */
export function checkPlanned(
  plan: { readonly exists: boolean; readonly required: boolean; readonly merge: PlannedMerge | undefined },
  leg: { readonly tag_suffix: string; readonly platform_tag: string },
): void {
  if (!plan.exists && plan.required)
    throw new RunError('NOT_PLANNED', 'the project requires a plan, and the run has none yet');
  if (!plan.exists) return;
  if (!plan.merge) throw new RunError('NOT_PLANNED', `the plan has no merge of suffix "${leg.tag_suffix}"`);
  if (!plan.merge.platform_tags.includes(leg.platform_tag))
    throw new RunError(
      'NOT_PLANNED',
      `the plan has ${plan.merge.platform_tags.join(', ')} for "${leg.tag_suffix}", not ${leg.platform_tag}`,
    );
}
