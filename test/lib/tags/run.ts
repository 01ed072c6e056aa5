import { expect } from 'vitest';
import { CodedError } from '../../../src/lib/error.ts';
import { computeTags, type TagRequest } from '../../../src/lib/tags/compute.ts';

export const SHA = '860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f';
/** A leap day, shortly before midnight. */
export const NOW = Date.parse('2024-02-29T23:05:07.089Z');
/** Half past nine in the evening, and the next morning further east. */
export const COMMIT_DATE = Date.parse('2023-11-05T21:30:00Z');

/**
 * A rule or several, the ref of a run, the tags with blanks between, and what is special about the run: without that,
 * a push to a repository whose default branch is `main`.
 *
 * What is expected in tables of cases is what docker/metadata-action at dc80280 answered to the same input.
 */
export type Case = readonly [rules: string | string[], ref: string, tags: string, run?: Partial<TagRequest>];

/** The tags that rules give, with blanks between. */
export function tagsOf(rules: string | string[], ref: string, run: Partial<TagRequest> = {}): string {
  return computeTags(requestOf(rules, ref, run)).tags.join(' ');
}

export function requestOf(rules: string | string[], ref: string, run: Partial<TagRequest> = {}): TagRequest {
  return { rules, flavor: '', ref, sha: SHA, event_name: 'push', default_branch: 'main', now: NOW, ...run };
}

/** The code that some work is refused with. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return expect.unreachable('it is not refused');
}
