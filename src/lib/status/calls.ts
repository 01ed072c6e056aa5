import { type Fetch, type Now, originOf } from '../http.ts';

/** How a call to a registry ended; `refused` is a credential that did not do, not the challenge for one. */
export type CallResult = 'ok' | 'refused' | 'busy' | 'failed' | 'unreachable';

/** Calls to one registry within one slot of time. */
export interface CallCount {
  readonly host: string;
  /** The beginning of the slot, in milliseconds since the epoch. */
  readonly slot: number;
  readonly result: CallResult;
  readonly calls: number;
}

/** Calls are counted by slots of this length, in milliseconds. */
export const SLOT_MS = 600_000;
/** Counts are handed on at most this often, in milliseconds: calls come in crowds. */
const PAUSE_MS = 10_000;

/** Counts an isolate's calls to registries, until somebody takes the counts. */
export class CallTally {
  readonly #now: Now;
  #counts = new Map<string, CallCount>();
  #takenAt = 0;

  constructor(now: Now) {
    this.#now = now;
  }

  add(count: Omit<CallCount, 'slot' | 'calls'>): void {
    const slot = Math.floor(this.#now() / SLOT_MS) * SLOT_MS;
    this.#join({ ...count, slot, calls: 1 });
  }

  /** What was counted since the last time; nothing where that is just a moment ago. */
  take(): readonly CallCount[] {
    if (this.#counts.size === 0 || this.#now() - this.#takenAt < PAUSE_MS) return [];
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    this.#takenAt = this.#now();
    return taken;
  }

  /** Takes back counts that could not be handed on. */
  giveBack(counts: readonly CallCount[]): void {
    for (const count of counts) this.#join(count);
  }

  #join(count: CallCount): void {
    const key = `${count.host} ${count.slot} ${count.result}`;
    this.#counts.set(key, { ...count, calls: (this.#counts.get(key)?.calls ?? 0) + count.calls });
  }
}

/** A registry, and where it and its token services answer. */
interface Peer {
  readonly host: string;
  readonly origin: string;
  readonly realms: readonly string[];
}

/** A `fetch` that counts what it does with each registry; other peers are passed through. */
export function countCalls(fetch: Fetch, registries: readonly Peer[], tally: Pick<CallTally, 'add'>): Fetch {
  const hosts = new Map(
    registries.flatMap(({ host, origin, realms }) => [origin, ...realms].map((url) => [new URL(url).origin, host])),
  );
  return async (input, init) => {
    const host = hosts.get(originOf(input));
    if (host === undefined) return fetch(input, init);
    try {
      const response = await fetch(input, init);
      tally.add({ host, result: resultOf(response.status, init?.headers?.Authorization !== undefined) });
      return response;
    } catch (error) {
      tally.add({ host, result: 'unreachable' });
      throw error;
    }
  };
}

function resultOf(status: number, isAuthorized: boolean): CallResult {
  if (status === 403 || (status === 401 && isAuthorized)) return 'refused';
  if (status === 429) return 'busy';
  return status >= 500 ? 'failed' : 'ok';
}

/** What came of a registry's calls within a while. */
export interface CallRates {
  readonly calls: number;
  /** Of all calls, from 0 to 1; null where there were none. */
  readonly error_rate: number | null;
  readonly errors: Readonly<Partial<Record<CallResult, number>>>;
}

/** Sums up a registry's counts. @param since milliseconds since the epoch */
export function ratesOf(counts: readonly CallCount[], host: string, since: number): CallRates {
  const within = counts.filter((count) => count.host === host && count.slot + SLOT_MS > since);
  const calls = within.reduce((sum, count) => sum + count.calls, 0);
  const errors: Partial<Record<CallResult, number>> = {};
  for (const { result, calls } of within) if (result !== 'ok') errors[result] = (errors[result] ?? 0) + calls;
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return { calls, error_rate: calls === 0 ? null : Math.round((failed / calls) * 10_000) / 10_000, errors };
}
