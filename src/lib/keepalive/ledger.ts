import type { Digest } from '../oci/digest.ts';
import type { Anchor } from './types.ts';

/** An anchor that Muster made, or was about to make. Times are milliseconds since the epoch. */
export interface LedgerAnchor extends Anchor {
  readonly anchored_at: number;
  /** When the newest anchor of its run was made. */
  readonly run_anchored_at: number;
}

/** A tag of an anchor's form that is in the repository. Times are milliseconds since the epoch. */
export interface SeenTag {
  readonly tag: string;
  readonly first_seen_at: number;
  /** What it held when that was first asked. */
  readonly digest: Digest | null;
  /** Since when it holds that, as the registry says. */
  readonly started_at: number | null;
}

type Row<Shape> = Shape & Record<string, SqlStorageValue>;

/** The anchors of one repository: those that Muster made, and the tags of their form that are there. */
export class Ledger {
  readonly #sql: DurableObjectStorage['sql'];

  constructor(sql: DurableObjectStorage['sql']) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS anchors (tag TEXT, project TEXT, tag_suffix TEXT, run_id TEXT NOT NULL,
       digest TEXT NOT NULL, anchored_at INTEGER NOT NULL, PRIMARY KEY (tag, project, tag_suffix))`,
    );
    sql.exec('CREATE INDEX IF NOT EXISTS runs ON anchors (project, run_id)');
    sql.exec(
      `CREATE TABLE IF NOT EXISTS seen (tag TEXT PRIMARY KEY, first_seen_at INTEGER NOT NULL, digest TEXT,
       started_at INTEGER, pass INTEGER NOT NULL)`,
    );
  }

  add({ tag, project, tag_suffix, run_id, digest }: Anchor, now: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO anchors (tag, project, tag_suffix, run_id, digest, anchored_at) VALUES (?, ?, ?, ?, ?, ?)',
      tag,
      project,
      tag_suffix,
      run_id,
      digest,
      now,
    );
  }

  /** What Muster made under a tag. An empty suffix and `-core` share theirs, so there may be several. */
  anchorsOf(tag: string): LedgerAnchor[] {
    return this.#sql
      .exec<Row<LedgerAnchor>>(
        `SELECT *, (SELECT max(anchored_at) FROM anchors run WHERE run.project = anchors.project
         AND run.run_id = anchors.run_id) run_anchored_at FROM anchors WHERE tag = ? ORDER BY project, tag_suffix`,
        tag,
      )
      .toArray();
  }

  count(): number {
    return this.#sql.exec<{ n: number }>('SELECT count(*) n FROM anchors').one().n;
  }

  /** Forgets what was anchored before a time and is not in the repository any more. */
  prune(before: number): void {
    this.#sql.exec('DELETE FROM anchors WHERE anchored_at < ? AND tag NOT IN (SELECT tag FROM seen)', before);
  }

  /** Marks a tag as there, in this pass. */
  see(tag: string, pass: number, now: number): void {
    this.#sql.exec(
      'INSERT INTO seen (tag, first_seen_at, pass) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET pass = excluded.pass',
      tag,
      now,
      pass,
    );
  }

  /** What the registry says of a tag that was seen. */
  date(tag: string, digest: Digest, startedAt: number): void {
    this.#sql.exec('UPDATE seen SET digest = ?, started_at = ? WHERE tag = ?', digest, startedAt, tag);
  }

  /** A tag holds this now; its age counts from here. */
  seeDigest(tag: string, digest: Digest, now: number): void {
    this.#sql.exec('UPDATE seen SET digest = ?, first_seen_at = ?, started_at = NULL WHERE tag = ?', digest, now, tag);
  }

  /** Forgets the tags that this pass did not find. */
  forgetUnseen(pass: number): void {
    this.#sql.exec('DELETE FROM seen WHERE pass <> ?', pass);
  }

  forgetSeen(tag: string): void {
    this.#sql.exec('DELETE FROM seen WHERE tag = ?', tag);
  }

  seen(tag: string): SeenTag | undefined {
    return this.#sql.exec<Row<SeenTag>>('SELECT * FROM seen WHERE tag = ?', tag).toArray()[0];
  }

  /** The next tags, in their order. */
  seenAfter(tag: string, limit: number): string[] {
    return this.#sql
      .exec<{ tag: string }>('SELECT tag FROM seen WHERE tag > ? ORDER BY tag LIMIT ?', tag, limit)
      .toArray()
      .map((row) => row.tag);
  }
}
