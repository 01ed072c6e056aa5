import type { TufMetadata } from './tuf-client.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS metadata (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)';
const HELD = 'held';
const ATTEMPT = 'attempt';

/** What verifiers trust, and where signers sign: JSON as it was published. */
export interface HeldDocuments {
  readonly trusted_root: string;
  /** Absent where none is published. */
  readonly signing_config?: string;
  readonly source: 'tuf' | 'packaged';
  /** Milliseconds since the epoch, as the next. */
  readonly fetched_at: number;
  /** From then on nobody vouches for them. */
  readonly expires_at: number;
}

/** The last time that the mirror was asked, and what was wrong, if something was. */
export interface Attempt {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly problem?: string;
}

/** A TUF client's files and the last good documents, in a Durable Object's SQLite. */
export class TrustStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(SCHEMA);
  }

  metadata(): TufMetadata {
    const rows = this.#storage.sql.exec<{ name: string; bytes: ArrayBuffer }>('SELECT name, bytes FROM metadata');
    return new Map(rows.toArray().map(({ name, bytes }) => [name, new Uint8Array(bytes)]));
  }

  held(): HeldDocuments | undefined {
    return this.#storage.kv.get<HeldDocuments>(HELD);
  }

  attempt(): Attempt | undefined {
    return this.#storage.kv.get<Attempt>(ATTEMPT);
  }

  /** Before the mirror is asked, so that a kill does not make us ask without end. */
  begin(at: number): void {
    this.#storage.kv.put<Attempt>(ATTEMPT, { at, problem: 'the last update did not end' });
  }

  /** All of an update, or nothing; without documents the last good ones stay. */
  finish(metadata: TufMetadata, attempt: Attempt, held?: HeldDocuments): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM metadata');
      for (const [name, bytes] of metadata)
        this.#storage.sql.exec('INSERT INTO metadata (name, bytes) VALUES (?, ?)', name, bytes);
      this.#storage.kv.put<Attempt>(ATTEMPT, attempt);
      if (held) this.#storage.kv.put<HeldDocuments>(HELD, held);
    });
  }
}
