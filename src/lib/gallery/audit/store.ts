import type { Digest } from '../../oci/digest.ts';
import type { RawManifest } from '../../oci/manifest.ts';
import type { ReferenceResult } from './evaluate.ts';
import { FRESH_HOST, type HostState } from './pace.ts';
import type { GalleryEntry } from './parse-gallery.ts';

/** Content above this is pulled again: a row holds at most 2 MB. */
const MAX_CONTENT_BYTES = 1024 * 1024;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS audits (
  id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0, source_sha256 TEXT, policy_basis TEXT, trust_sha256 TEXT, code TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS entries (audit INTEGER, position INTEGER, entry TEXT NOT NULL, PRIMARY KEY (audit, position));
CREATE TABLE IF NOT EXISTS refs (
  audit INTEGER, ref TEXT, host TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL DEFAULT 0, result TEXT, known TEXT,
  PRIMARY KEY (audit, ref));
CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contents (digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, bytes BLOB NOT NULL, audit INTEGER NOT NULL);`;

/** An audit: `fetching` the gallery, then `checking` its references, until it is `finished`, or `failed` before it began. */
export interface Audit {
  readonly id: number;
  readonly state: 'fetching' | 'checking' | 'finished' | 'failed';
  /** Milliseconds since the epoch. */
  readonly started_at: number;
  readonly finished_at: number | null;
  /** How often it was tried to begin. */
  readonly attempts: number;
  readonly source_sha256: string | null;
  readonly policy_basis: string | null;
  readonly trust_sha256: string | null;
  /** Why it failed. */
  readonly code: string | null;
  readonly detail: string | null;
}

/** A reference that is still to be checked. */
export interface DueReference {
  readonly ref: string;
  readonly host: string;
  readonly tries: number;
}

/** The audits of one gallery, in SQLite: the last two that finished, and the one under way. */
export class AuditStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  /** The latest audits, the last one first. */
  audits(): Audit[] {
    return this.#sql.exec('SELECT * FROM audits ORDER BY id DESC').toArray() as unknown as Audit[];
  }

  begin(startedAt: number): void {
    this.#sql.exec("DELETE FROM audits WHERE state = 'failed'");
    this.#sql.exec("INSERT INTO audits (state, started_at) VALUES ('fetching', ?)", startedAt);
    this.#sql.exec('DELETE FROM hosts');
  }

  /** Has an audit begin again, without what it found; a registry that asked for patience is still left alone. */
  restart(id: number, startedAt: number): void {
    this.#sql.exec('DELETE FROM refs WHERE audit = ?', id);
    this.update(id, { state: 'fetching', started_at: startedAt, attempts: 0 });
  }

  update(id: number, changes: Partial<Omit<Audit, 'id'>>): void {
    for (const [column, value] of Object.entries(changes))
      this.#sql.exec(`UPDATE audits SET ${column} = ? WHERE id = ?`, value ?? null, id);
  }

  /** Keeps what is to be checked. */
  fill(id: number, entries: readonly GalleryEntry[], refs: readonly { readonly ref: string; readonly host: string }[]) {
    this.#sql.exec('DELETE FROM entries WHERE audit = ?', id);
    for (const [position, entry] of entries.entries())
      this.#sql.exec('INSERT INTO entries VALUES (?, ?, ?)', id, position, JSON.stringify(entry));
    for (const { ref, host } of refs)
      this.#sql.exec('INSERT OR IGNORE INTO refs (audit, ref, host) VALUES (?, ?, ?)', id, ref, host);
  }

  entries(id: number): GalleryEntry[] {
    const rows = this.#sql.exec<{ entry: string }>('SELECT entry FROM entries WHERE audit = ? ORDER BY position', id);
    return rows.toArray().map(({ entry }) => JSON.parse(entry) as GalleryEntry);
  }

  results(id: number): Map<string, ReferenceResult> {
    const rows = this.#sql.exec<{ ref: string; result: string }>(
      'SELECT ref, result FROM refs WHERE audit = ? AND result IS NOT NULL',
      id,
    );
    return new Map(rows.toArray().map(({ ref, result }) => [ref, JSON.parse(result) as ReferenceResult]));
  }

  /** As {@link results}, but what could not be read is as it was when it last could, under the same policy. */
  knownResults(id: number): Map<string, ReferenceResult> {
    const rows = this.#sql.exec<{ ref: string; known: string }>(
      'SELECT ref, COALESCE(known, result) AS known FROM refs WHERE audit = ? AND result IS NOT NULL',
      id,
    );
    return new Map(rows.toArray().map(({ ref, known }) => [ref, JSON.parse(known) as ReferenceResult]));
  }

  progress(id: number): { readonly checked: number; readonly total: number } {
    const [row] = this.#sql
      .exec<{ checked: number; total: number }>(
        'SELECT COUNT(result) AS checked, COUNT(*) AS total FROM refs WHERE audit = ?',
        id,
      )
      .toArray();
    return row ?? { checked: 0, total: 0 };
  }

  /** References to check now, of hosts that are not paused. */
  due(id: number, now: number, pausedHosts: readonly string[], limit: number): DueReference[] {
    const others = pausedHosts.map(() => '?').join(', ');
    return this.#sql
      .exec(
        `SELECT ref, host, tries FROM refs WHERE audit = ? AND result IS NULL AND due_at <= ? AND host NOT IN (${others}) ORDER BY due_at, rowid LIMIT ?`,
        ...[id, now, ...pausedHosts, limit],
      )
      .toArray() as unknown as DueReference[];
  }

  /** When the next reference of each host is due, where there is one. */
  nextDue(id: number): { readonly host: string; readonly due_at: number }[] {
    return this.#sql
      .exec('SELECT host, MIN(due_at) AS due_at FROM refs WHERE audit = ? AND result IS NULL GROUP BY host', id)
      .toArray() as unknown as { host: string; due_at: number }[];
  }

  record(id: number, ref: string, result: ReferenceResult): void {
    this.#sql.exec('UPDATE refs SET result = ? WHERE audit = ? AND ref = ?', JSON.stringify(result), id, ref);
  }

  postpone(id: number, ref: string, tries: number, dueAt: number): void {
    this.#sql.exec('UPDATE refs SET tries = ?, due_at = ? WHERE audit = ? AND ref = ?', tries, dueAt, id, ref);
  }

  /** Gives every reference that has none yet this result; of one host, or of all. */
  recordRest(id: number, result: ReferenceResult, host?: string): void {
    const text = JSON.stringify(result);
    if (host === undefined) this.#sql.exec('UPDATE refs SET result = ? WHERE audit = ? AND result IS NULL', text, id);
    else this.#sql.exec('UPDATE refs SET result = ? WHERE audit = ? AND result IS NULL AND host = ?', text, id, host);
  }

  hosts(): Map<string, HostState> {
    const rows = this.#sql.exec<{ host: string; state: string }>('SELECT host, state FROM hosts').toArray();
    return new Map(rows.map(({ host, state }) => [host, JSON.parse(state) as HostState]));
  }

  changeHost(host: string, change: (state: HostState) => HostState): HostState {
    const state = change(this.hosts().get(host) ?? FRESH_HOST);
    this.#sql.exec('INSERT OR REPLACE INTO hosts VALUES (?, ?)', host, JSON.stringify(state));
    return state;
  }

  /** Bytes that an earlier check pulled: a digest always means the same. */
  contentOf(digest: Digest, audit: number): RawManifest | undefined {
    const [row] = this.#sql
      .exec<{ media_type: string; bytes: ArrayBuffer; audit: number }>(
        'SELECT * FROM contents WHERE digest = ?',
        digest,
      )
      .toArray();
    if (!row) return undefined;
    if (row.audit !== audit) this.#sql.exec('UPDATE contents SET audit = ? WHERE digest = ?', audit, digest);
    return { bytes: new Uint8Array(row.bytes), mediaType: row.media_type, digest, size: row.bytes.byteLength };
  }

  putContent(content: Pick<RawManifest, 'digest' | 'mediaType' | 'bytes'>, audit: number): void {
    const { digest, mediaType, bytes } = content;
    if (bytes.byteLength > MAX_CONTENT_BYTES) return;
    this.#sql.exec('INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)', digest, mediaType, bytes, audit);
  }

  #keepKnown(id: number, previous: number): void {
    this.#sql.exec(
      `UPDATE refs SET known = (SELECT COALESCE(before.known, before.result) FROM refs before WHERE before.audit = ? AND before.ref = refs.ref)
         WHERE audit = ? AND json_extract(result, '$.code') = 'UNREADABLE'`,
      ...[previous, id],
    );
  }

  /** Ends an audit, and drops all but the last two that finished. */
  finish(id: number, finishedAt: number): void {
    this.update(id, { state: 'finished', finished_at: finishedAt });
    const [latest, previous] = this.audits().filter(({ state }) => state === 'finished');
    if (!previous) return;
    if (latest?.policy_basis === previous.policy_basis) this.#keepKnown(id, previous.id);
    for (const table of ['entries', 'refs', 'contents'])
      this.#sql.exec(`DELETE FROM ${table} WHERE audit < ?`, previous.id);
    this.#sql.exec('DELETE FROM audits WHERE id < ?', previous.id);
  }
}
