import type { TagPageQuery } from '../oci/tag-page.ts';
import type { Keep, Removal } from './judge.ts';
import type { CleanupProblem } from './problem.ts';

/** Tags that a report of a dry run names at most. */
const MAX_EXAMPLES = 100;

/** How a tag fared. */
export type Fate =
  | { readonly kind: 'removed' | 'would_remove'; readonly why: Removal }
  | { readonly kind: 'kept'; readonly why: Keep };

/** What a cleanup did so far. */
export interface CleanupCounts {
  /** Tags of an anchor's form. */
  readonly tags: number;
  readonly removed: Readonly<Partial<Record<Removal, number>>>;
  readonly kept: Readonly<Partial<Record<Keep, number>>>;
  /** What a dry run left that would have been removed, and the first of these tags. */
  readonly would_remove: Readonly<Partial<Record<Removal, number>>>;
  readonly examples: readonly string[];
}

/**
 * One cleanup of one repository, as far as it has come; stored after each tag, so that a killed one goes on.
 *
 * First all tags are listed, since deletions would shift a registry's pages; then each is judged.
 */
export interface Pass extends CleanupCounts {
  /** When it began, in milliseconds since the epoch; this names it. */
  readonly started_at: number;
  readonly phase: 'list' | 'date' | 'remove';
  /** The next page of tags to list. */
  readonly next: TagPageQuery;
  /** The next page of Quay's list. */
  readonly page: number;
  /** The last tag that was judged. */
  readonly cursor: string;
  /** Refusals since the last removal. */
  readonly refusals?: number;
  /** The first one. */
  readonly problem?: CleanupProblem;
}

/** How a cleanup ended. Times are milliseconds since the epoch. */
export interface CleanupReport extends CleanupCounts {
  readonly started_at: number;
  readonly ended_at: number;
  readonly problem?: CleanupProblem;
}

export function beginPass(now: number): Pass {
  return {
    started_at: now,
    phase: 'list',
    next: { n: '1000' },
    page: 1,
    cursor: '',
    tags: 0,
    removed: {},
    kept: {},
    would_remove: {},
    examples: [],
  };
}

/** The pass with one more tag judged. */
export function addFate(pass: Pass, tag: string, fate: Fate): Pass {
  const counted = { ...pass, cursor: tag, tags: pass.tags + 1 };
  if (fate.kind === 'kept') return { ...counted, kept: count(pass.kept, fate.why) };
  if (fate.kind === 'removed') return { ...counted, removed: count(pass.removed, fate.why), refusals: 0 };
  const examples = pass.examples.length < MAX_EXAMPLES ? [...pass.examples, tag] : pass.examples;
  return { ...counted, would_remove: count(pass.would_remove, fate.why), examples };
}

/** The pass with one more tag that was refused: the others may be taken. */
export function addRefusal(pass: Pass, tag: string, problem: CleanupProblem): Pass {
  const kept = addFate(pass, tag, { kind: 'kept', why: 'refused' });
  return { ...kept, refusals: (pass.refusals ?? 0) + 1, problem: pass.problem ?? problem };
}

export function endPass(pass: Pass, now: number): CleanupReport {
  const { started_at, tags, removed, kept, would_remove, examples, problem } = pass;
  return { started_at, ended_at: now, tags, removed, kept, would_remove, examples, ...(problem ? { problem } : {}) };
}

function count<Name extends string>(counts: Readonly<Partial<Record<Name, number>>>, name: Name) {
  return { ...counts, [name]: (counts[name] ?? 0) + 1 };
}
