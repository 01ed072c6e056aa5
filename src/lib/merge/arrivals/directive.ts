import type { Directive } from '../../runs/types.ts';
import { MergeError } from '../error.ts';
import type { MergeState, MergeView } from '../state.ts';
import type { MergeRecord } from '../types.ts';
import type { Expectation } from './arrival.ts';

/** A record with what its run says: the plan's legs and tags, and whether it is cancelled. What is published stays so. */
export function applyDirective(record: MergeRecord, { planned, cancelled }: Directive, state: MergeState): MergeRecord {
  const stops = cancelled && state !== 'published' && state !== 'superseded';
  if (!planned) return { ...record, cancelled: stops };
  const { platform_tags, tag_latest, narrow } = planned;
  return { ...record, cancelled: stops, expectation: { platform_tags, authority: 'plan' }, tag_latest, narrow };
}

/** @throws {MergeError} EXPECT_CONFLICT where a leg is none of those that make the merge complete */
export function checkExpected(expectation: Expectation | undefined, platformTag: string): void {
  if (!expectation || expectation.platform_tags.includes(platformTag)) return;
  const { platform_tags, authority } = expectation;
  throw new MergeError('EXPECT_CONFLICT', `the ${authority} expects ${platform_tags.join(', ')}, not ${platformTag}`);
}

/** What keeps a merge from its targets, by code. */
export function problemsOf(view: MergeView): { readonly repository: string; readonly code: string }[] {
  return view.targets.flatMap(({ repository, state, reason }) =>
    state === 'failed' || state === 'retrying' ? [{ repository, code: reason?.split(':', 1)[0] ?? 'INTERNAL' }] : [],
  );
}
