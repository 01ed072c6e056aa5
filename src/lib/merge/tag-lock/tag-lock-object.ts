import { DurableObject } from 'cloudflare:workers';
import { withinGate } from '../../calls.ts';
import { type Env, environmentOf } from '../../environment.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { referrersTag } from '../../oci/referrers.ts';
import type { Outcome } from '../../outcome.ts';
import type { RollbackOutcome, TagMove, TagOutcome, TagRollback } from '../types.ts';
import { type HeldDigest, TagHistory } from './tag-history.ts';
import { TagLock } from './tag-lock.ts';
import { prefixed } from './tag-writer.ts';

/**
 * The locks of some of a repository's tags: a {@link TagLock} for each, which never waits for another.
 *
 * An object for each tag would be the same, but thousands of them: a release moves four tags for each of its merges, and
 * writes a fallback tag for each manifest.
 */
export class TagLockObject extends DurableObject<Env> {
  readonly #locks = new Map<string, TagLock>();

  /** Moves the tag, unless a newer run moved it before, or it would lose a platform. */
  move(move: TagMove): Promise<Outcome<TagOutcome>> {
    return this.#with(move.tag, (lock) => lock.move(move));
  }

  /** Puts the tag back to what it held before, if that passes the policy as it is today. */
  rollback(request: TagRollback): Promise<Outcome<RollbackOutcome>> {
    return this.#with(request.tag, (lock) => lock.rollback(request));
  }

  /** What the tag held, oldest first. */
  history(tag: string): HeldDigest[] {
    return new TagHistory(this.ctx.storage.sql, tag).rows();
  }

  /** Reads the fallback referrers tag for the `attach` that follows at once, which overwrites what others write in between. */
  readAhead(repository: string, subject: Digest): Promise<void> {
    return this.#with(referrersTag(subject), (lock) => lock.readAhead(repository, subject));
  }

  /** Adds a descriptor to the fallback referrers tag of a subject; what others had written when it was read stays. */
  attach(repository: string, subject: Digest, descriptor: Descriptor): Promise<Outcome<null>> {
    return this.#with(referrersTag(subject), (lock) => lock.attach(repository, subject, descriptor));
  }

  /** Takes a descriptor out of the fallback referrers tag of a subject; what others wrote there stays. */
  detach(repository: string, subject: Digest, referrer: Digest): Promise<Outcome<null>> {
    return this.#with(referrersTag(subject), (lock) => lock.detach(repository, subject, referrer));
  }

  async #with<Value>(tag: string, work: (lock: TagLock) => Promise<Value>): Promise<Value> {
    const lock = this.#locks.get(tag) ?? this.#create(tag);
    this.#locks.set(tag, lock);
    try {
      return await withinGate(() => work(lock));
    } finally {
      if (lock.isIdle) this.#locks.delete(tag);
    }
  }

  #create(tag: string): TagLock {
    const { sql, kv } = this.ctx.storage;
    const storage = { kv: prefixed(kv, tag), history: new TagHistory(sql, tag) };
    return new TagLock(storage, environmentOf(this.env).services);
  }
}
