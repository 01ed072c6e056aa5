import type { RunKey } from './run-index.ts';
import type { PlannedMerge, RunSummary } from './types.ts';

/** What a run knows of itself, besides its merges. */
export interface RunRecord extends RunKey {
  /** The attempt and commit whose plan counts; absent where there is none. */
  readonly plan?: { readonly run_attempt: number; readonly ref: string; readonly sha: string; readonly at: number };
  /** The attempt that was cancelled, with all before it. */
  readonly cancelled_attempt?: number;
  /** When anything last happened, in milliseconds since the epoch. */
  readonly touched_at: number;
}

/** One merge of a run: planned, or known, or both. */
export interface RunRow {
  readonly tag_suffix: string;
  readonly planned: PlannedMerge | undefined;
  readonly summary: RunSummary | undefined;
  /** Whether the merge knows what the run says to it. */
  readonly told: boolean;
  /** When it last said something, and when it was last woken, in milliseconds since the epoch. */
  readonly noted_at: number;
  readonly woken_at: number;
}

/** What a Run object remembers. Nothing is written for a run that is only asked for: anybody may ask. */
export class RunStore {
  readonly #sql: DurableObjectStorage['sql'];
  #exists = false;

  constructor(sql: DurableObjectStorage['sql']) {
    this.#sql = sql;
  }

  record(): RunRecord | undefined {
    if (!this.#isThere()) return undefined;
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM run').toArray();
    return row && (JSON.parse(row.json) as RunRecord);
  }

  store(record: RunRecord): void {
    this.#create();
    this.#sql.exec(
      'INSERT INTO run VALUES (1, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
      JSON.stringify(record),
    );
  }

  /** In the order of their suffixes. */
  rows(): RunRow[] {
    if (!this.#isThere()) return [];
    return this.#sql.exec<Columns>('SELECT * FROM merges ORDER BY tag_suffix').toArray().map(parseRow);
  }

  row(tagSuffix: string): RunRow | undefined {
    if (!this.#isThere()) return undefined;
    const [row] = this.#sql.exec<Columns>('SELECT * FROM merges WHERE tag_suffix = ?', tagSuffix).toArray();
    return row && parseRow(row);
  }

  note(summary: RunSummary, now: number): void {
    this.#create();
    this.#sql.exec(
      `INSERT INTO merges (tag_suffix, summary, noted_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET summary = excluded.summary, noted_at = excluded.noted_at`,
      summary.tag_suffix,
      JSON.stringify(summary),
      now,
    );
  }

  /** Sets what the plan says of a merge; undefined: nothing. Merges of which nothing arrived need not be told. */
  plan(tagSuffix: string, planned: PlannedMerge | undefined): void {
    this.#create();
    this.#sql.exec(
      `INSERT INTO merges (tag_suffix, planned) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET planned = excluded.planned, told = summary IS NULL`,
      tagSuffix,
      planned ? JSON.stringify(planned) : null,
    );
    this.#sql.exec('DELETE FROM merges WHERE planned IS NULL AND summary IS NULL');
  }

  /** A merge, or every one, must hear from the run again; those of which nothing arrived hear with their first report. */
  untold(tagSuffix: string | null = null): void {
    this.#sql.exec(
      'UPDATE merges SET told = 0 WHERE summary IS NOT NULL AND tag_suffix = ifnull(?, tag_suffix)',
      tagSuffix,
    );
  }

  told(tagSuffix: string): void {
    this.#sql.exec('UPDATE merges SET told = 1 WHERE tag_suffix = ?', tagSuffix);
  }

  woken(tagSuffix: string, now: number): void {
    this.#sql.exec('UPDATE merges SET woken_at = ? WHERE tag_suffix = ?', now, tagSuffix);
  }

  /** The storage was deleted under it. */
  reset(): void {
    this.#exists = false;
  }

  #isThere(): boolean {
    this.#exists ||= this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'run'").toArray().length > 0;
    return this.#exists;
  }

  #create(): void {
    if (this.#isThere()) return;
    this.#sql.exec(
      `CREATE TABLE merges (tag_suffix TEXT PRIMARY KEY, planned TEXT, summary TEXT, told INTEGER NOT NULL DEFAULT 1,
       noted_at INTEGER NOT NULL DEFAULT 0, woken_at INTEGER NOT NULL DEFAULT 0)`,
    );
    this.#sql.exec('CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL)');
    this.#exists = true;
  }
}

type Columns = {
  tag_suffix: string;
  planned: string | null;
  summary: string | null;
  told: number;
  noted_at: number;
  woken_at: number;
};

function parseRow({ tag_suffix, planned, summary, told, noted_at, woken_at }: Columns): RunRow {
  return {
    tag_suffix,
    planned: planned === null ? undefined : (JSON.parse(planned) as PlannedMerge),
    summary: summary === null ? undefined : (JSON.parse(summary) as RunSummary),
    told: told === 1,
    noted_at,
    woken_at,
  };
}
