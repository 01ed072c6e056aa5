import type { Digest } from '../../oci/digest.ts';
import type { UploadState } from '../../oci/upload-session.ts';

/** How far the uploads of large blobs have come, kept so that a killed process goes on with them. */
export interface UploadJournal {
  /** An upload has one writer at a time. @returns whether it is the caller, who then must release it */
  claim(repository: string, digest: Digest): boolean;
  release(repository: string, digest: Digest): void;
  load(repository: string, digest: Digest): UploadState | undefined;
  /** Absent: the upload is over. */
  store(repository: string, digest: Digest, state?: UploadState): void;
}

/** Keeps how far the uploads of large blobs have come, beside a merge's journal. */
export class Uploads implements UploadJournal {
  readonly #sql: DurableObjectStorage['sql'];
  readonly #claimed = new Set<string>();

  constructor(sql: DurableObjectStorage['sql']) {
    this.#sql = sql;
  }

  claim(repository: string, digest: Digest): boolean {
    const key = `${repository}@${digest}`;
    if (this.#claimed.has(key)) return false;
    this.#claimed.add(key);
    return true;
  }

  release(repository: string, digest: Digest): void {
    this.#claimed.delete(`${repository}@${digest}`);
  }

  load(repository: string, digest: Digest): UploadState | undefined {
    if (!this.#isThere()) return undefined;
    const rows = this.#sql.exec<{ location: string; offset: number }>(
      'SELECT location, offset FROM uploads WHERE repository = ? AND digest = ?',
      repository,
      digest,
    );
    return rows.toArray()[0];
  }

  store(repository: string, digest: Digest, state?: UploadState): void {
    if (!this.#isThere()) {
      if (!state) return;
      this.#sql.exec(
        'CREATE TABLE uploads (repository TEXT, digest TEXT, location TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (repository, digest))',
      );
    }
    if (state)
      this.#sql.exec(
        'INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?)',
        repository,
        digest,
        state.location,
        state.offset,
      );
    else this.#sql.exec('DELETE FROM uploads WHERE repository = ? AND digest = ?', repository, digest);
  }

  #isThere(): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'uploads'").toArray().length > 0;
  }
}
