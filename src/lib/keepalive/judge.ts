import type { MergeState } from '../merge/state.ts';
import type { RunStanding } from '../runs/types.ts';
import type { LedgerAnchor } from './ledger.ts';

/** What a project wants done with its anchors. */
export interface ProjectRules {
  /** A run that nothing happened in for so long is abandoned, in milliseconds. */
  readonly maxAgeMs: number;
  /** Whether nothing is deleted: another workflow publishes. */
  readonly shadow: boolean;
}

export type Removal = 'done' | 'abandoned' | 'foreign';
export type Keep =
  /** Its merge may still need it. */
  | 'needed'
  /** It holds another digest than was anchored. */
  | 'changed'
  /** Somebody else made it, and nobody allowed its removal. */
  | 'foreign'
  /** Somebody else made it, and it is not old enough. */
  | 'young'
  | 'shadow'
  /** It went by itself. */
  | 'gone'
  /** The registry would not tell of it, or not delete it: a tag may be immutable, or its manifest broken. */
  | 'refused';
export type Judgement =
  | { readonly remove: true; readonly why: Removal }
  | { readonly remove: false; readonly why: Keep };

const DONE: readonly string[] = ['published', 'superseded'] satisfies MergeState[];
const AT_WORK: readonly string[] = ['merging', 'retrying'] satisfies MergeState[];

export const keep = (why: Keep): Judgement => ({ remove: false, why });
const remove = (why: Removal): Judgement => ({ remove: true, why });

/**
 * Whether an anchor of the ledger may go: its merge is done, or its whole run is abandoned. A run that is not known any
 * more, or not yet, has the age of its anchors.
 */
export function judgeOwn(
  anchor: LedgerAnchor,
  standing: RunStanding | null,
  rules: ProjectRules,
  now: number,
): Judgement {
  if (rules.shadow) return keep('shadow');
  const state = standing?.merges.find(({ tag_suffix }) => tag_suffix === anchor.tag_suffix)?.state ?? '';
  if (DONE.includes(state)) return remove('done');
  if (AT_WORK.includes(state)) return keep('needed');
  const lastUsed = Math.max(anchor.run_anchored_at, standing?.touched_at ?? 0);
  return now - lastUsed > rules.maxAgeMs ? remove('abandoned') : keep('needed');
}

/** Whether a merge, asked itself a moment before the removal, agrees with it. */
export function isReleased(state: MergeState | 'arriving' | null, why: Removal): boolean {
  if (state === 'arriving') return false;
  return why === 'done' ? DONE.includes(state ?? '') : !AT_WORK.includes(state ?? '');
}
