import type { Digest } from '../../oci/digest.ts';

/** Moves of one tag that are remembered; older ones are dropped. */
const MAX_ROWS = 100;

/** What a tag held from some moment on. `run_id` is null where somebody else wrote it. */
export interface HeldDigest {
  readonly digest: Digest;
  readonly run_id: string | null;
  /** Milliseconds since the epoch: when it was written, or first seen. */
  readonly at: number;
}

/** What one tag held, oldest first: whence a rollback takes what it puts back. */
export class TagHistory {
  readonly #sql: DurableObjectStorage['sql'];
  readonly #tag: string;
  #exists = false;

  constructor(sql: DurableObjectStorage['sql'], tag: string) {
    this.#sql = sql;
    this.#tag = tag;
  }

  rows(): HeldDigest[] {
    this.#prepare();
    return this.#sql
      .exec<HeldDigest & Record<string, string | number | null>>(
        'SELECT digest, run_id, at FROM held WHERE tag = ? ORDER BY seq',
        this.#tag,
      )
      .toArray();
  }

  /** Adds what the tag holds now. */
  add({ digest, run_id, at }: HeldDigest): void {
    this.#prepare();
    this.#sql.exec('INSERT INTO held (tag, digest, run_id, at) VALUES (?, ?, ?, ?)', this.#tag, digest, run_id, at);
    this.#sql.exec(
      'DELETE FROM held WHERE tag = ? AND seq NOT IN (SELECT seq FROM held WHERE tag = ? ORDER BY seq DESC LIMIT ?)',
      this.#tag,
      this.#tag,
      MAX_ROWS,
    );
  }

  /** Fallback tags have none: nothing is written for them. */
  #prepare(): void {
    if (this.#exists) return;
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS held (seq INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL, digest TEXT NOT NULL,
       run_id TEXT, at INTEGER NOT NULL)`,
    );
    this.#sql.exec('CREATE INDEX IF NOT EXISTS held_by_tag ON held (tag, seq)');
    this.#exists = true;
  }
}

/**
 * What a tag goes back to: the digest asked for, if the tag ever held it; else the last one before what it holds now.
 *
 * @param movedBy - a run whose moves are undone: what it wrote is passed over
 */
export function earlierDigest(
  history: readonly HeldDigest[],
  present: Digest | undefined,
  { digest, movedBy }: { readonly digest?: Digest | undefined; readonly movedBy?: string | undefined },
): Digest | undefined {
  if (digest !== undefined) return history.find((held) => held.digest === digest)?.digest;
  return history.findLast((held) => held.digest !== present && (movedBy === undefined || held.run_id !== movedBy))
    ?.digest;
}
