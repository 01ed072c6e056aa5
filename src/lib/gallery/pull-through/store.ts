import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ParsedManifest, RawManifest } from '../../oci/manifest.ts';
import type { VerdictCode } from '../../sigstore/error.ts';

/** Content above this is pulled again: a row holds at most 2 MB. */
const MAX_CONTENT_BYTES = 1024 * 1024;
const RETENTION_MS = 30 * 24 * 3_600_000;
/** Manifests that are asked whether they still verify, of all that name a blob. */
const MAX_OWNERS = 16;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS verdicts (
  manifest TEXT PRIMARY KEY, basis TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, referrer TEXT, checked_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS contents (digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS parts (manifest TEXT, digest TEXT, kind TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (manifest, digest));
CREATE INDEX IF NOT EXISTS parts_by_digest ON parts (digest);
CREATE TABLE IF NOT EXISTS referrers (subject TEXT, manifest TEXT, position INTEGER NOT NULL, descriptor TEXT NOT NULL, listed_at INTEGER NOT NULL, PRIMARY KEY (subject, manifest));
CREATE INDEX IF NOT EXISTS referrers_by_manifest ON referrers (manifest);`;

/** What nothing leads to any more. */
const SWEEPS = [
  'DELETE FROM referrers WHERE subject NOT IN (SELECT manifest FROM verdicts)',
  `DELETE FROM parts WHERE manifest NOT IN (SELECT manifest FROM verdicts) AND manifest NOT IN (SELECT manifest FROM referrers)`,
  `DELETE FROM contents WHERE digest NOT IN (SELECT manifest FROM verdicts) AND digest NOT IN (SELECT manifest FROM referrers)
     AND digest NOT IN (SELECT digest FROM parts)`,
];

/** What was found of a manifest under some policy and trusted root; their digests are the basis. */
export interface StoredVerdict {
  readonly basis: string;
  readonly code: 'VERIFIED' | VerdictCode;
  readonly detail: string;
  /** The manifest that attaches the bundle that passed. */
  readonly referrer?: Digest;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** What a repository's manifests were found to be, in SQLite: verdicts, bytes, what each names, who refers to it. */
export class VerifiedStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  verdictOf(manifest: Digest): StoredVerdict | undefined {
    const [row] = this.#sql
      .exec<{ basis: string; code: string; detail: string; referrer: string | null; checked_at: number }>(
        'SELECT basis, code, detail, referrer, checked_at FROM verdicts WHERE manifest = ?',
        manifest,
      )
      .toArray();
    if (!row) return undefined;
    const { basis, detail, checked_at: checkedAt } = row;
    const code = row.code as StoredVerdict['code'];
    return { basis, code, detail, checkedAt, ...(row.referrer === null ? {} : { referrer: row.referrer as Digest }) };
  }

  putVerdict(manifest: Digest, { basis, code, detail, referrer, checkedAt }: StoredVerdict): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?)',
      ...[manifest, basis, code, detail, referrer ?? null, checkedAt],
    );
    const expired = this.#sql.exec('DELETE FROM verdicts WHERE checked_at < ?', checkedAt - RETENTION_MS);
    if (expired.rowsWritten > 0) for (const sweep of SWEEPS) this.#sql.exec(sweep);
  }

  /** Bytes as they were pulled: of a manifest, or of a bundle. */
  contentOf(digest: Digest): RawManifest | undefined {
    const [row] = this.#sql
      .exec<{ media_type: string; bytes: ArrayBuffer }>(
        'SELECT media_type, bytes FROM contents WHERE digest = ?',
        digest,
      )
      .toArray();
    return row && { bytes: new Uint8Array(row.bytes), mediaType: row.media_type, digest, size: row.bytes.byteLength };
  }

  putContent({ digest, mediaType, bytes }: Pick<RawManifest, 'digest' | 'mediaType' | 'bytes'>): void {
    if (bytes.byteLength > MAX_CONTENT_BYTES) return;
    this.#sql.exec('INSERT OR REPLACE INTO contents VALUES (?, ?, ?)', digest, mediaType, bytes);
  }

  /** Keeps a manifest that may be served, with the children or blobs that it names. */
  putManifest(raw: RawManifest, parsed: ParsedManifest): void {
    this.putContent(raw);
    const isIndex = parsed.kind === 'index';
    const named = isIndex ? parsed.manifests : [parsed.config, ...parsed.layers];
    for (const { digest, size } of named)
      this.#sql.exec(
        'INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)',
        ...[raw.digest, digest, isIndex ? 'child' : 'blob', size],
      );
  }

  /** The manifests that name a blob, the latest first, with the size in bytes that each gives it. */
  ownersOf(blob: Digest): { readonly manifest: Digest; readonly size: number }[] {
    const rows = this.#sql.exec<{ manifest: string; size: number }>(
      "SELECT manifest, size FROM parts WHERE digest = ? AND kind = 'blob' ORDER BY rowid DESC LIMIT ?",
      ...[blob, MAX_OWNERS],
    );
    return rows.toArray().map(({ manifest, size }) => ({ manifest: manifest as Digest, size }));
  }

  /** Who refers to a subject, in the order to list them, and when that was read; undefined where it never was. */
  referrersOf(subject: Digest): { readonly descriptors: readonly Descriptor[]; readonly listedAt: number } | undefined {
    const rows = this.#sql
      .exec<{ descriptor: string; listed_at: number }>(
        'SELECT descriptor, listed_at FROM referrers WHERE subject = ? ORDER BY position',
        subject,
      )
      .toArray();
    const [first] = rows;
    if (!first) return undefined;
    return {
      descriptors: rows.map(({ descriptor }) => JSON.parse(descriptor) as Descriptor),
      listedAt: first.listed_at,
    };
  }

  putReferrers(subject: Digest, descriptors: readonly Descriptor[], listedAt: number): void {
    this.#sql.exec('DELETE FROM referrers WHERE subject = ?', subject);
    for (const [position, descriptor] of descriptors.entries())
      this.#sql.exec(
        'INSERT INTO referrers VALUES (?, ?, ?, ?, ?)',
        ...[subject, descriptor.digest, position, JSON.stringify(descriptor), listedAt],
      );
  }

  /** The subjects whose lists name this manifest. */
  subjectsOf(manifest: Digest): Digest[] {
    const rows = this.#sql.exec<{ subject: string }>('SELECT subject FROM referrers WHERE manifest = ?', manifest);
    return rows.toArray().map(({ subject }) => subject as Digest);
  }
}
