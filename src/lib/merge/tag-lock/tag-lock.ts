import { verifyImage } from '../../gallery/verify-image.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import { imagePlatforms } from '../../oci/platform.ts';
import { mergeReferrer, referrersTag, withoutReferrer } from '../../oci/referrers.ts';
import type { Repository } from '../../oci/repository.ts';
import { type Outcome, settle } from '../../outcome.ts';
import { MergeError } from '../error.ts';
import { requireManifests } from '../images/source.ts';
import type { RollbackOutcome, Services, TagMove, TagOutcome, TagRollback } from '../types.ts';
import { type Fence, fenceMove } from './tag-fence.ts';
import { earlierDigest, type TagHistory } from './tag-history.ts';
import { type KeyValue, TagWriter } from './tag-writer.ts';

/** How often a fallback tag is read and written again when somebody else writes it at the same time. */
const ATTACH_TRIES = 3;
/** How long a fallback tag that was read ahead may stand for the tag, in milliseconds. */
const AHEAD_MS = 2_000;

/** Where a lock keeps what must outlive it. */
export interface TagLockStorage {
  readonly kv: KeyValue;
  readonly history: TagHistory;
}

/**
 * The only writer of one tag of one repository.
 *
 * Inside its queue a tag is read, written and read again. The fence is stored before the tag is written, so that after a
 * kill an older run still finds it.
 */
export class TagLock {
  readonly #storage: TagLockStorage;
  readonly #services: Services;
  readonly #writer: TagWriter;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #ahead: { readonly read: RawManifest | undefined; readonly until: number } | undefined;

  constructor(storage: TagLockStorage, services: Services) {
    this.#storage = storage;
    this.#services = services;
    this.#writer = new TagWriter(storage.kv, services);
  }

  /** Whether nothing is under way or remembered that a new one would not know. */
  get isIdle(): boolean {
    return this.#waiting === 0 && this.#ahead === undefined;
  }

  /** Moves the tag, unless a newer run moved it before, or it would lose a platform. */
  move(move: TagMove): Promise<Outcome<TagOutcome>> {
    return this.#alone(() => settle(() => this.#move(move)));
  }

  /** Puts the tag back to what it held before, if that passes the policy as it is today. */
  rollback(request: TagRollback): Promise<Outcome<RollbackOutcome>> {
    return this.#alone(() => settle(() => this.#rollback(request)));
  }

  /**
   * Reads the fallback referrers tag for the `attach` that follows at once. What somebody else writes there in between, for
   * at most {@link AHEAD_MS}, is overwritten.
   */
  readAhead(repository: string, subject: Digest): Promise<void> {
    return this.#alone(async () => {
      const read = await this.#repository(repository).pullManifest(referrersTag(subject));
      this.#ahead = { read, until: this.#services.now() + AHEAD_MS };
    });
  }

  /** Adds a descriptor to the fallback referrers tag of a subject; what others had written when it was read stays. */
  attach(repository: string, subject: Digest, descriptor: Descriptor): Promise<Outcome<null>> {
    const edit = (present: RawManifest | undefined) => mergeReferrer(present, descriptor, subject);
    return this.#alone(() => settle(() => this.#rewrite(this.#repository(repository), subject, edit)));
  }

  /** Takes a descriptor out of the fallback referrers tag of a subject; what others wrote there stays. */
  detach(repository: string, subject: Digest, referrer: Digest): Promise<Outcome<null>> {
    const edit = (present: RawManifest | undefined) => withoutReferrer(present, referrer, subject);
    return this.#alone(() => settle(() => this.#rewrite(this.#repository(repository), subject, edit)));
  }

  /** @param edit - the tag's next content; undefined leaves it as it is */
  async #rewrite(
    target: Repository,
    subject: Digest,
    edit: (present: RawManifest | undefined) => Promise<RawManifest | undefined>,
  ): Promise<null> {
    const tag = referrersTag(subject);
    for (let tries = 1; ; tries += 1) {
      const ahead = this.#takeAhead();
      const present = ahead ? ahead.read : await target.pullManifest(tag);
      const index = await edit(present);
      if (!index) return null;
      if (await this.#writer.settle(index.digest)) continue;
      try {
        await this.#writer.write(target, tag, index);
        return null;
      } catch (error) {
        if (!(error instanceof MergeError) || error.code !== 'TAG_CONTESTED' || tries >= ATTACH_TRIES) throw error;
      }
    }
  }

  /** What was read ahead serves once, and only for a moment: the next look is at the registry again. */
  #takeAhead(): { readonly read: RawManifest | undefined } | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead && ahead.until > this.#services.now() ? ahead : undefined;
  }

  #repository(name: string): Repository {
    return this.#services.repository(name);
  }

  /** One at a time, in the order they came: `fetch` would let others in between. */
  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#waiting += 1;
    const turn = this.#queue.then(work, work).finally(() => {
      this.#waiting -= 1;
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #move(move: TagMove): Promise<TagOutcome> {
    const { tag, digest, run_id, run_attempt, ref, platforms } = move;
    const refused = fenceMove(this.#storage.kv.get<Fence>('fence'), move);
    if (refused !== undefined) return { name: tag, state: 'superseded', reason: refused };
    await this.#writer.settle(digest);
    const repository = this.#repository(move.repository);
    const [present] = await Promise.all([repository.headManifest(tag), requireManifests(repository, move.children)]);
    const lost =
      present && present.digest !== digest && !move.narrow
        ? await this.#lostPlatforms(repository, present.digest, move.platforms)
        : [];
    if (lost.length > 0) return { name: tag, state: 'held', reason: `${tag} would lose ${lost.join(', ')}` };
    if (present) this.#noteHeld(present.digest);
    this.#storage.kv.put<Fence>('fence', { run_id, run_attempt, ref, digest, platforms });
    if (present?.digest === digest) return { name: tag, state: this.#stateOf(move) };
    await this.#writer.write(repository, tag, {
      bytes: new Uint8Array(move.bytes),
      mediaType: move.media_type,
      digest,
    });
    this.#storage.history.add({ digest, run_id, at: this.#services.now() });
    return { name: tag, state: present ? 'moved' : 'set' };
  }

  /**
   * Notes what the tag was found to hold, unless that is known. What only the fence knows of was written for its run, by a
   * call whose answer a kill or the network lost; anything else somebody else wrote.
   */
  #noteHeld(digest: Digest): void {
    if (this.#storage.history.rows().at(-1)?.digest === digest) return;
    const fence = this.#storage.kv.get<Fence>('fence');
    const run_id = fence?.digest === digest ? fence.run_id : null;
    this.#storage.history.add({ digest, run_id, at: this.#services.now() });
  }

  /** What became of a tag that holds what it is to hold: an earlier try of this run may have moved it. */
  #stateOf({ digest, run_id }: TagMove): 'set' | 'moved' | 'unchanged' {
    const history = this.#storage.history.rows();
    if (history.at(-1)?.run_id !== run_id) return 'unchanged';
    return earlierDigest(history, digest, { movedBy: run_id }) === undefined ? 'set' : 'moved';
  }

  /** The platforms of the tag's present index that the new one lacks; what this lock wrote it knows. */
  async #lostPlatforms(repository: Repository, present: Digest, next: readonly string[]): Promise<string[]> {
    const fence = this.#storage.kv.get<Fence>('fence');
    const known = fence?.digest === present ? fence.platforms : undefined;
    const platforms = known ?? (await platformsOf(repository, present));
    return platforms.filter((platform) => !next.includes(platform));
  }

  /** The fence keeps the highest run: an older one that finishes late still finds it. */
  async #rollback({ repository: name, tag, digest, moved_by, policy }: TagRollback): Promise<RollbackOutcome> {
    const refuse = (code: string, reason: string) =>
      ({ repository: name, name: tag, state: 'refused', code, reason }) as const;
    await this.#writer.settle();
    const repository = this.#repository(name);
    const present = (await repository.headManifest(tag))?.digest;
    if (present) this.#noteHeld(present);
    const history = this.#storage.history.rows();
    const last = history.at(-1);
    if (moved_by !== undefined && (last?.run_id !== moved_by || last.digest !== present))
      return { repository: name, name: tag, state: 'unchanged', reason: `run ${moved_by} is not what the tag holds` };
    const earlier = earlierDigest(history, present, { digest, movedBy: moved_by });
    if (earlier === undefined) return refuse('NO_EARLIER_DIGEST', 'the tag never held it, or nothing else');
    if (earlier === present) return { repository: name, name: tag, state: 'unchanged', digest: earlier };
    const services = this.#services;
    const trust = await services.trust();
    const verdict = await verifyImage({ repository, reference: earlier, policy: services.policy(policy), trust });
    if (!verdict.found || !verdict.verified) return refuse(verdict.code, `${earlier}: ${verdict.detail}`);
    const manifest = await repository.pullManifest(earlier);
    if (!manifest) return refuse('IMAGE_NOT_FOUND', `${earlier} is not there any more`);
    await this.#writer.write(repository, tag, manifest);
    this.#storage.history.add({ digest: earlier, run_id: null, at: services.now() });
    return { repository: name, name: tag, state: 'rolled_back', digest: earlier };
  }
}

/** The platforms of the images that an index names; none of what is no index. */
async function platformsOf(repository: Repository, digest: Digest): Promise<string[]> {
  const raw = await repository.pullManifest(digest);
  const parsed = raw && parseManifest(raw);
  return parsed?.kind === 'index' ? imagePlatforms(parsed.manifests) : [];
}
