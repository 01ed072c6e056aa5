import { CodedError, messageOf } from '../error.ts';
import type { Caller } from '../http.ts';
import { parseTrustedRoot } from '../sigstore/trusted-root.ts';
import { TrustError } from './error.ts';
import type { TufInstance } from './instance.ts';
import type { Attempt, HeldDocuments, TrustStore } from './trust-store.ts';
import { type TufUpdate, updateByTuf } from './tuf-client.ts';

const TRUSTED_ROOT = 'trusted_root.json';
const SIGNING_CONFIG = 'signing_config.v0.2.json';
/** What is held is asked for again after this. */
const REFRESH_MS = 3_600_000;
/** Where nothing usable is held, somebody waits: then it is this. */
const RETRY_MS = 60_000;
/** Of one call to the mirror, and of all: a client waits for the first update. */
const PATIENCE = { tries: 2, timeoutMs: 8_000 };
const DEADLINE_MS = 20_000;

export interface KeeperOptions {
  readonly instance: TufInstance;
  readonly store: TrustStore;
  readonly caller: Caller;
  /** Keeps work going after the answer. */
  readonly later: (work: Promise<unknown>) => void;
}

/** How a trust root stands, for its operator. Times are in milliseconds since the epoch. */
export interface TrustStatus {
  readonly mirror: string;
  readonly source?: HeldDocuments['source'];
  readonly fetched_at?: number;
  readonly expires_at?: number;
  readonly attempt?: Attempt;
}

/**
 * Keeps the documents of a Sigstore instance up to date.
 *
 * A failed update changes nothing: the last good documents stay until what vouches for them expires, and then nothing
 * is trusted. The packaged trusted root counts only until the first update that succeeds.
 */
export class TrustKeeper {
  readonly #options: KeeperOptions;
  #refreshing: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /**
   * What may be trusted now. Asks the mirror at most once an hour, and waits for it only at the very first time, or
   * where there is nothing else.
   *
   * @throws {TrustError} TRUST_ROOT_EXPIRED, TRUST_ROOT_UNAVAILABLE
   */
  async current(): Promise<HeldDocuments> {
    const { store, later } = this.#options;
    const held = this.#usable();
    const isFirst = !store.held() && (!store.attempt() || this.#refreshing !== undefined);
    if (held && !isFirst) {
      if (this.#isDue(REFRESH_MS)) later(this.#refresh());
      return held;
    }
    if (this.#refreshing || this.#isDue(RETRY_MS)) await this.#refresh();
    const now = this.#usable();
    if (!now) throw this.#refusal();
    return now;
  }

  /** Asks the mirror, unless it answered well within the hour. */
  async refresh(): Promise<TrustStatus> {
    const isWell = this.#options.store.attempt()?.problem === undefined && this.#usable() !== undefined;
    if (!isWell || this.#isDue(REFRESH_MS)) await this.#refresh();
    return this.status();
  }

  status(): TrustStatus {
    const { instance, store } = this.#options;
    const attempt = store.attempt();
    const held = store.held() ?? this.#packaged();
    return {
      mirror: instance.mirror,
      ...(held ? { source: held.source, fetched_at: held.fetched_at, expires_at: held.expires_at } : {}),
      ...(attempt ? { attempt } : {}),
    };
  }

  #isDue(afterMs: number): boolean {
    const { store, caller } = this.#options;
    return (store.attempt()?.at ?? Number.NEGATIVE_INFINITY) + afterMs <= caller.now();
  }

  #usable(): HeldDocuments | undefined {
    const held = this.#options.store.held() ?? this.#packaged();
    return held && held.expires_at > this.#options.caller.now() ? held : undefined;
  }

  /** What came with the package: as fresh as the TUF root that came with it. */
  #packaged(): HeldDocuments | undefined {
    const { root, packaged } = this.#options.instance;
    if (packaged === undefined) return undefined;
    const expires_at = expiryOf(root);
    return { trusted_root: packaged, source: 'packaged', fetched_at: this.#options.caller.now(), expires_at };
  }

  /** One at a time; whoever comes meanwhile waits for the same one. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#update().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #update(): Promise<void> {
    const { instance, store } = this.#options;
    const deadline = new AbortController();
    // Cleared, unlike AbortSignal.timeout: the object is not to stay awake for it.
    const timer = setTimeout(() => deadline.abort(), DEADLINE_MS);
    const retry = { ...this.#options.caller.retry, ...PATIENCE };
    const caller = { ...this.#options.caller, retry, signal: deadline.signal };
    const at = caller.now();
    store.begin(at);
    const anchor = new Map([['root.json', new TextEncoder().encode(instance.root)]]);
    const metadata = new Map([...anchor, ...store.metadata()]);
    const names = [TRUSTED_ROOT, SIGNING_CONFIG];
    const update = await updateByTuf({ caller, mirror: instance.mirror, metadata, names }).finally(() =>
      clearTimeout(timer),
    );
    const { held, problem } = readUpdate(update, at);
    store.finish(update.metadata, { at, ...(problem === undefined ? {} : { problem }) }, held);
    if (problem !== undefined)
      console.warn(JSON.stringify({ at: 'trust-root', mirror: instance.mirror, problem, kept: Boolean(store.held()) }));
  }

  #refusal(): TrustError {
    const { store, caller } = this.#options;
    const held = store.held() ?? this.#packaged();
    const { at = caller.now(), problem = 'it was not asked yet' } = store.attempt() ?? {};
    const retryAfterMs = Math.max(1000, at + RETRY_MS - caller.now());
    if (held) {
      const expired = new Date(held.expires_at).toISOString();
      const detail = `the trusted root expired at ${expired}, and the mirror has no newer one: ${problem}`;
      return new TrustError('TRUST_ROOT_EXPIRED', detail, { retryAfterMs });
    }
    const code = /\bexpired\b/.test(problem) ? 'TRUST_ROOT_EXPIRED' : 'TRUST_ROOT_UNAVAILABLE';
    return new TrustError(code, `the mirror gave no trusted root: ${problem}`, { retryAfterMs });
  }
}

/** The documents of an update, or what is wrong with it; a trusted root that nobody can use is none. */
function readUpdate({ result }: TufUpdate, at: number): { readonly held?: HeldDocuments; readonly problem?: string } {
  if (!result.ok) return { problem: describe(result.error) };
  const trusted_root = result.targets.get(TRUSTED_ROOT);
  const signing_config = result.targets.get(SIGNING_CONFIG);
  if (trusted_root === undefined) return { problem: `the repository has no ${TRUSTED_ROOT}` };
  try {
    parseTrustedRoot(JSON.parse(trusted_root));
  } catch (error) {
    return { problem: describe(error) };
  }
  const documents = { trusted_root, ...(signing_config === undefined ? {} : { signing_config }) };
  return { held: { ...documents, source: 'tuf', fetched_at: at, expires_at: result.expiresAt } };
}

function describe(error: unknown): string {
  const code = error instanceof CodedError ? `${error.code}: ` : '';
  return `${code}${messageOf(error)}`.slice(0, 300);
}

/** @returns milliseconds since the epoch */
function expiryOf(root: string): number {
  const { signed } = JSON.parse(root) as { readonly signed: { readonly expires: string } };
  return Date.parse(signed.expires);
}
