import type { MergeState } from '../../lib/merge/state.ts';

/** What a merge is to somebody who looks at a whole run. */
export type Group = 'attention' | 'merging' | 'waiting' | 'published' | 'aside';

export interface GroupLook {
  readonly group: Group;
  /** After a number: `3 need attention`. */
  readonly words: string;
  readonly icon: Icon;
}

/** The symbols of the sheet that each page carries. */
export type Icon = 'good' | 'work' | 'wait' | 'bad' | 'aside';

/** In the order in which they are told. */
export const GROUPS: readonly GroupLook[] = [
  { group: 'published', words: 'published', icon: 'good' },
  { group: 'merging', words: 'merging', icon: 'work' },
  { group: 'waiting', words: 'waiting', icon: 'wait' },
  { group: 'attention', words: 'need attention', icon: 'bad' },
  { group: 'aside', words: 'set aside', icon: 'aside' },
];

const STATES: Readonly<Record<MergeState, { readonly group: Group; readonly words: string }>> = {
  published: { group: 'published', words: 'published' },
  merging: { group: 'merging', words: 'merging' },
  retrying: { group: 'merging', words: 'trying again' },
  waiting: { group: 'waiting', words: 'waiting' },
  needs_token: { group: 'attention', words: 'needs a token' },
  failed: { group: 'attention', words: 'failed' },
  superseded: { group: 'aside', words: 'superseded' },
  cancelled: { group: 'aside', words: 'cancelled' },
};

interface Standing {
  readonly state: MergeState;
  readonly overdue?: boolean | undefined;
}

/** Where a merge belongs; a late one needs somebody. */
export function groupOf({ state, overdue }: Standing): Group {
  return overdue ? 'attention' : STATES[state].group;
}

/** The icon of a merge, the same everywhere. */
export function iconOf(standing: Standing): Icon {
  const group = groupOf(standing);
  return GROUPS.find((look) => look.group === group)?.icon ?? 'wait';
}

/** A merge's state in words. */
export function wordsOf({ state, overdue }: Standing): string {
  return overdue ? 'overdue' : STATES[state].words;
}

/** How many of a list are in each group. */
export function countGroups(merges: readonly Standing[]): Readonly<Record<Group, number>> {
  const counts: Record<Group, number> = { attention: 0, merging: 0, waiting: 0, published: 0, aside: 0 };
  for (const merge of merges) counts[groupOf(merge)] += 1;
  return counts;
}

/** Counts of states, by group; `overdue` of the waiting ones need attention. */
export function groupCounts(
  counts: Readonly<Record<string, number>>,
  overdue: number,
): Readonly<Record<Group, number>> {
  const sums: Record<Group, number> = { attention: overdue, merging: 0, waiting: -overdue, published: 0, aside: 0 };
  for (const [state, count] of Object.entries(counts)) if (isState(state)) sums[STATES[state].group] += count;
  return sums;
}

function isState(text: string): text is MergeState {
  return text in STATES;
}
