import type { Env } from '../../environment.ts';
import { referrersTag } from '../../oci/referrers.ts';
import { unwrap } from '../../outcome.ts';
import type { Locks } from '../types.ts';

/** Objects that a repository's tags are spread over. Another number would be other locks: it never changes. */
const SHARDS = 16;

/** The locks: of each tag in one Durable Object, which has those of some other tags of its repository. */
export function locksOf(env: Env): Locks {
  const lock = (repository: string, tag: string) => env.TAG_LOCKS.getByName(`${repository}#${shardOf(tag)}`);
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

/** FNV-1a: any hash will do that is the same for ever. @see https://www.rfc-editor.org/rfc/rfc9923 */
export function shardOf(tag: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(tag)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % SHARDS;
}
