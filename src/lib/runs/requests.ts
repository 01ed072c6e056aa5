import type { PlanChange } from './plan.ts';
import type { PlannedMerge } from './types.ts';

/** The plan of an attempt. */
export interface PlanRequest {
  readonly run_attempt: number;
  readonly ref: string;
  readonly sha: string;
  readonly merges: readonly PlannedMerge[];
}

/** `older`: a newer attempt has planned already, and nothing was done. */
export type PlanOutcome =
  | { readonly kind: 'planned' | 'conflict'; readonly change: PlanChange }
  | { readonly kind: 'older'; readonly run_attempt: number };

/** A leg that is about to be taken in. */
export interface AdmitRequest {
  readonly tag_suffix: string;
  readonly platform_tag: string;
  readonly run_attempt: number;
  /** Whether the project takes nothing without a plan. */
  readonly plan_required: boolean;
}
