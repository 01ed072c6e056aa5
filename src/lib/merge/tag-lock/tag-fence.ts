import compare from 'semver/functions/compare.js';
import valid from 'semver/functions/valid.js';
import type { TagMove } from '../types.ts';

/** The last move of a tag that was let through. */
export interface Fence {
  readonly run_id: string;
  readonly run_attempt: number;
  readonly ref: string;
  readonly digest: string;
  /** Of the index that it names, `os/architecture/variant`; absent in what an earlier version stored. */
  readonly platforms?: readonly string[];
}

/**
 * Why a move is refused, or undefined: a tag never goes back to an older run or attempt, and a `latest` between
 * two semver refs never to a lower version.
 */
export function fenceMove(
  fence: Fence | undefined,
  move: Pick<TagMove, 'is_latest' | 'run_id' | 'run_attempt' | 'ref'>,
): string | undefined {
  if (!fence) return undefined;
  const order = compareRuns(move, fence);
  if (order < 0) return `run ${fence.run_id}, attempt ${fence.run_attempt}, moved it before`;
  if (!move.is_latest) return undefined;
  const [next, last] = [versionOf(move.ref), versionOf(fence.ref)];
  if (next !== null && last !== null && compare(next, last) < 0) return `${fence.ref} is newer than ${move.ref}`;
  return undefined;
}

/** Run ids grow, and may be longer than a safe integer. */
function compareRuns(a: Pick<Fence, 'run_id' | 'run_attempt'>, b: Pick<Fence, 'run_id' | 'run_attempt'>): number {
  const [left, right] = [BigInt(a.run_id), BigInt(b.run_id)];
  if (left !== right) return left < right ? -1 : 1;
  return a.run_attempt - b.run_attempt;
}

function versionOf(ref: string): string | null {
  return ref.startsWith('refs/tags/') ? valid(ref.slice('refs/tags/'.length)) : null;
}
