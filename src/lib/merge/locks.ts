import type { Env } from '../environment.ts';
import { CodedError } from '../error.ts';
import { referrersTag } from '../oci/referrers.ts';
import type { Outcome } from './outcome.ts';
import type { Locks } from './types.ts';

/** The locks, one Durable Object a repository and tag. */
export function locksOf(env: Env): Locks {
  const lock = (repository: string, tag: string) => env.TAG_LOCKS.getByName(`${repository}:${tag}`);
  return {
    moveTag: async (move) => unwrap(await lock(move.repository, move.tag).move(move)),
    rollbackTag: async (request) => unwrap(await lock(request.repository, request.tag).rollback(request)),
    readReferrers: (repository, subject) => lock(repository, referrersTag(subject)).readAhead(repository, subject),
    attachReferrer: async (repository, subject, descriptor) => {
      unwrap(await lock(repository, referrersTag(subject)).attach(repository, subject, descriptor));
    },
    detachReferrer: async (repository, subject, referrer) => {
      unwrap(await lock(repository, referrersTag(subject)).detach(repository, subject, referrer));
    },
  };
}

/** A refusal that came by RPC, thrown again here. */
export function unwrap<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw new CodedError(outcome.code, outcome.detail, { retryAfterMs: outcome.retryAfterMs });
}
