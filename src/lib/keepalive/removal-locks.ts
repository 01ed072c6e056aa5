import type { Caller } from '../http.ts';
import { HttpError } from '../http-error.ts';

/** Removals that were sent, and when each can no longer reach the registry, in milliseconds since the epoch; by tag. */
export type InFlight = Readonly<Record<string, number>>;

/** Where removals under way are kept, so that a restart knows of them. */
export interface InFlightStore {
  load(): InFlight;
  store(inFlight: InFlight): void;
}

/**
 * Keeps an anchor from being made anew while its tag is being removed.
 *
 * Registries have no compare-and-set: a removal that a killed object left under way could land on the new anchor, so its
 * time-out is waited out.
 */
export class RemovalLocks {
  readonly #store: InFlightStore;
  readonly #held = new Map<string, Promise<unknown>>();

  constructor(store: InFlightStore) {
    this.#store = store;
  }

  async hold<Value>(tag: string, { now, retry }: Caller, removal: () => Promise<Value>): Promise<Value> {
    // There are two ways, each with its tries.
    const until = now() + 2 * retry.tries * retry.timeoutMs;
    // A removal without an answer may still be on its way.
    let isOver = true;
    this.#store.store({ ...this.#store.load(), [tag]: until });
    const done = removal();
    this.#held.set(tag, done);
    try {
      return await done;
    } catch (error) {
      if (error instanceof HttpError) isOver = false;
      throw error;
    } finally {
      this.#held.delete(tag);
      const { [tag]: _, ...rest } = this.#store.load();
      if (isOver) this.#store.store(rest);
    }
  }

  /** Waits until no removal of a tag can land any more. */
  async wait(tag: string, { now, sleep }: Caller): Promise<void> {
    await this.#held.get(tag)?.catch(() => undefined);
    const left = (this.#store.load()[tag] ?? 0) - now();
    if (left > 0) await sleep(left);
  }
}
