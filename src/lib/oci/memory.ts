import type { Digest } from './digest.ts';

/** An upload that was opened ahead is used for so long, in milliseconds: registries keep it for hours at least. */
const SESSION_MS = 60_000;
/** A blob that many manifests name is taken to be there for so long after it was pushed, in milliseconds. */
const HELD_MS = 3_600_000;
/** Entries of each kind that are kept; the oldest goes first. */
const MAX_ENTRIES = 200;

/** What a client learns of one registry, by repository. In memory only, and never more than a hint. */
export class RegistryMemory {
  readonly #now: () => number;
  readonly #sessions = new Map<string, { readonly location: URL; readonly until: number }>();
  readonly #held = new Map<string, number>();
  /** Whether it answered an upload in one request with a session. */
  needsSessions = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  keepSession(repository: string, location: URL): void {
    limit(this.#sessions);
    this.#sessions.set(repository, { location, until: this.#now() + SESSION_MS });
  }

  /** A session that was opened ahead; each serves once. */
  takeSession(repository: string): URL | undefined {
    const session = this.#sessions.get(repository);
    this.#sessions.delete(repository);
    return session && session.until > this.#now() ? session.location : undefined;
  }

  hold(repository: string, digest: Digest): void {
    limit(this.#held);
    this.#held.set(`${repository}@${digest}`, this.#now() + HELD_MS);
  }

  holds(repository: string, digest: Digest): boolean {
    return (this.#held.get(`${repository}@${digest}`) ?? 0) > this.#now();
  }

  /** Forgets which blobs are there. */
  forgetHeld(): void {
    this.#held.clear();
  }
}

function limit(entries: Map<string, unknown>): void {
  const [oldest] = entries.keys();
  if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
}
