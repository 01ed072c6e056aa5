import type { Digest } from '../../oci/digest.ts';
import type { RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import { MergeError } from '../error.ts';
import type { Services } from '../types.ts';

/** A write that was sent, and of which no answer is recorded. */
interface PendingWrite {
  readonly digest: Digest;
  /** When it can no longer reach the registry, milliseconds since the epoch. */
  readonly until: number;
}

/** The part of a Durable Object's storage that a writer needs. */
export type KeyValue = Pick<DurableObjectStorage['kv'], 'get' | 'put' | 'delete'>;

/** A storage whose keys are those of one tag. */
export function prefixed(kv: KeyValue, tag: string): KeyValue {
  const keyOf = (key: string) => `${tag} ${key}`;
  return {
    get: <Value>(key: string) => kv.get<Value>(keyOf(key)),
    put: <Value>(key: string, value: Value) => kv.put<Value>(keyOf(key), value),
    delete: (key) => kv.delete(keyOf(key)),
  };
}

/**
 * Writes one tag, and knows of the writes that a killed object left under way.
 *
 * Registries have no compare-and-set: a write that outlives its sender could land on top of a later one, so before
 * other bytes follow, the call's time-out is waited out.
 */
export class TagWriter {
  readonly #kv: KeyValue;
  readonly #services: Pick<Services, 'caller' | 'now'>;

  constructor(kv: KeyValue, services: Pick<Services, 'caller' | 'now'>) {
    this.#kv = kv;
    this.#services = services;
  }

  /**
   * Waits until nothing but these bytes can still land on the tag.
   *
   * @returns whether it waited, so that what was read of the tag before is stale
   */
  async settle(digest?: Digest): Promise<boolean> {
    const pending = this.#kv.get<PendingWrite>('writing');
    if (!pending || pending.digest === digest) return false;
    const left = pending.until - this.#services.now();
    if (left > 0) await this.#services.caller.sleep(left);
    this.#kv.delete('writing');
    return left > 0;
  }

  /** Writes the tag and reads it again. @throws {MergeError} TAG_CONTESTED where it then holds something else */
  async write(
    repository: Repository,
    tag: string,
    manifest: Pick<RawManifest, 'bytes' | 'mediaType' | 'digest'>,
  ): Promise<void> {
    await this.settle(manifest.digest);
    const { now, caller } = this.#services;
    const earlier = this.#kv.get<PendingWrite>('writing');
    const until = now() + caller.retry.tries * caller.retry.timeoutMs;
    this.#kv.put<PendingWrite>('writing', { digest: manifest.digest, until });
    await repository.pushManifest(tag, manifest);
    const shown = await repository.headManifest(tag);
    // The same bytes from an earlier life may still be on their way.
    if (earlier && earlier.until > now()) this.#kv.put('writing', earlier);
    else this.#kv.delete('writing');
    if (shown?.digest !== manifest.digest)
      throw new MergeError('TAG_CONTESTED', `${tag} was written, but the registry shows ${shown?.digest ?? 'nothing'}`);
  }
}
