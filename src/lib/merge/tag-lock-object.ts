import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { mergeReferrer, referrersTag } from '../oci/referrers.ts';
import type { Repository } from '../oci/repository.ts';
import { type Outcome, settle } from './outcome.ts';
import { type Fence, fenceMove } from './tag-fence.ts';
import type { TagMove, TagOutcome } from './types.ts';

/**
 * The only writer of one tag of one repository.
 *
 * Registries have no compare-and-set: inside this object's queue a tag is read, written and read again. The fence is
 * stored before the tag is written, so that after a kill an older run still finds it.
 */
export class TagLockObject extends DurableObject<Env> {
  #queue: Promise<unknown> = Promise.resolve();

  /** Moves the tag, unless a newer run moved it before, or it would lose a platform. */
  move(move: TagMove): Promise<Outcome<TagOutcome>> {
    return this.#alone(() => settle(() => this.#move(move)));
  }

  /** Adds a descriptor to the fallback referrers tag of a subject. */
  attach(repository: string, subject: Digest, descriptor: Descriptor): Promise<Outcome<null>> {
    return this.#alone(() =>
      settle(async () => {
        const target = environmentOf(this.env).services.repository(repository);
        const tag = referrersTag(subject);
        const index = await mergeReferrer(await target.pullManifest(tag), descriptor);
        await target.pushManifest(tag, index);
        return null;
      }),
    );
  }

  /** One at a time, in the order they came: `fetch` would let others in between. */
  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #move(move: TagMove): Promise<TagOutcome> {
    const { tag, digest } = move;
    const refused = fenceMove(this.ctx.storage.kv.get<Fence>('fence'), move);
    if (refused !== undefined) return { name: tag, state: 'superseded', reason: refused };
    const repository = environmentOf(this.env).services.repository(move.repository);
    const present = await repository.headManifest(tag);
    const lost =
      present && present.digest !== digest && !move.narrow
        ? await this.#lostPlatforms(repository, present.digest, move)
        : [];
    if (lost.length > 0) return { name: tag, state: 'held', reason: `${tag} would lose ${lost.join(', ')}` };
    const { run_id, run_attempt, ref } = move;
    this.ctx.storage.kv.put<Fence>('fence', { run_id, run_attempt, ref, digest });
    if (present?.digest === digest) return { name: tag, state: 'unchanged' };
    await repository.pushManifest(tag, { bytes: new Uint8Array(move.bytes), mediaType: move.media_type });
    const now = await repository.headManifest(tag);
    if (now?.digest !== digest)
      throw new Error(`${tag} was written, but the registry shows ${now?.digest ?? 'nothing'}`);
    return { name: tag, state: present ? 'moved' : 'set' };
  }

  /** The platforms of the tag's present index that the new one lacks. */
  async #lostPlatforms(repository: Repository, present: Digest, move: TagMove): Promise<string[]> {
    const raw = await repository.pullManifest(present);
    const parsed = raw && parseManifest(raw);
    if (parsed?.kind !== 'index') return [];
    const images = parsed.manifests.flatMap(({ platform }) =>
      platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
    );
    return images.filter((platform) => !move.platforms.includes(platform));
  }
}
