import { type Failure, type JournalEntry, type Task, taskKey } from './flow.ts';
import { hasHeld } from './held.ts';
import { Uploads } from './images/uploads.ts';
import type { MergeRecord, StepResults } from './types.ts';

/**
 * What a Merge object remembers: its record, and each step with its result before the next one starts.
 *
 * Writes are ordered with outbound calls by the output gate: a call leaves only when what was written before it is
 * durable.
 *
 * @see https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
 */
export class Journal {
  readonly #sql: DurableObjectStorage['sql'];
  /** How far large blobs have come. */
  readonly uploads: Uploads;
  #exists = false;
  /** What is stored, as it was read or written last: each step asks for all of it several times. */
  #record: MergeRecord | undefined;
  #steps: { readonly generation: number; readonly entries: Map<string, JournalEntry> } | undefined;

  /** Nothing is written for a merge that is only asked for: anybody may ask. */
  constructor(sql: DurableObjectStorage['sql']) {
    this.#sql = sql;
    this.uploads = new Uploads(sql);
  }

  load(): MergeRecord | undefined {
    if (!this.#isThere()) return undefined;
    this.#record ??= this.#readRecord();
    return this.#record;
  }

  store(record: MergeRecord): void {
    if (!this.#isThere()) this.#create();
    this.#sql.exec(
      'INSERT INTO record VALUES (1, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
      JSON.stringify(record),
    );
    // Read again as a restart would have it.
    this.#record = undefined;
  }

  #readRecord(): MergeRecord | undefined {
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM record').toArray();
    return row && (JSON.parse(row.json) as MergeRecord);
  }

  /** The storage was deleted under it. */
  reset(): void {
    this.#exists = false;
    this.forget();
  }

  /** Keeps nothing in memory: hundreds of merges that rest may be there at once, and a bundle is long. */
  forget(): void {
    this.#record = undefined;
    this.#steps = undefined;
  }

  #isThere(): boolean {
    this.#exists ||= this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'record'").toArray().length > 0;
    return this.#exists;
  }

  #create(): void {
    this.#sql.exec('CREATE TABLE record (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL)');
    this.#sql.exec(
      `CREATE TABLE steps (generation INTEGER, step TEXT, target TEXT, state TEXT NOT NULL,
       started_at INTEGER NOT NULL, ended_at INTEGER, result TEXT, failure TEXT, PRIMARY KEY (generation, step, target))`,
    );
    this.#exists = true;
  }

  /** The entries of one generation, in the order they began. */
  entries(generation: number): readonly JournalEntry[] {
    return [...this.#stepsOf(generation).values()].sort((a, b) => a.started_at - b.started_at);
  }

  /** By task, in the order of their rows. */
  #stepsOf(generation: number): Map<string, JournalEntry> {
    if (!this.#isThere()) return new Map();
    if (this.#steps?.generation === generation) return this.#steps.entries;
    const rows = this.#sql.exec<Row>('SELECT * FROM steps WHERE generation = ? ORDER BY rowid', generation).toArray();
    const entries = new Map(rows.map(parseRow).map((entry) => [taskKey(entry), entry]));
    this.#steps = { generation, entries };
    return entries;
  }

  /** What was just written of a step that had begun; as a restart would read it. */
  #end(generation: number, task: Task, change: (begun: JournalEntry) => JournalEntry): void {
    const entries = this.#stepsOf(generation);
    const begun = entries.get(taskKey(task));
    if (begun) entries.set(taskKey(task), change(begun));
  }

  /** When the first of what failed is to be tried again, in milliseconds since the epoch; undefined: nothing is. */
  nextRetry(generation: number): number | undefined {
    const times = this.entries(generation).flatMap(({ failure }) => failure?.retry_at ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a step of the present generation has begun. */
  hasBegun(): boolean {
    const { generation = 0 } = this.load() ?? {};
    return this.entries(generation).length > 0;
  }

  begin(generation: number, task: Task, now: number): void {
    const entries = this.#stepsOf(generation);
    this.#sql.exec(
      `INSERT INTO steps (generation, step, target, state, started_at, failure) VALUES (?, ?, ?, 'running', ?, NULL)
       ON CONFLICT DO UPDATE SET state = 'running', started_at = excluded.started_at, ended_at = NULL`,
      generation,
      task.step,
      task.target,
      now,
    );
    const { ended_at: _, ...before } = entries.get(taskKey(task)) ?? { step: task.step, target: task.target };
    entries.set(taskKey(task), { ...before, state: 'running', started_at: now });
  }

  succeed(generation: number, task: Task, result: unknown, now: number): void {
    const json = JSON.stringify(result);
    this.#sql.exec(
      `UPDATE steps SET state = 'done', ended_at = ?, result = ?, failure = NULL WHERE generation = ? AND step = ? AND target = ?`,
      now,
      json,
      generation,
      task.step,
      task.target,
    );
    this.#end(generation, task, ({ failure: _, ...begun }) => {
      return { ...begun, state: 'done', ended_at: now, result: JSON.parse(json) as unknown };
    });
  }

  fail(generation: number, task: Task, failure: Failure, now: number): void {
    this.#sql.exec(
      `UPDATE steps SET state = 'failed', ended_at = ?, failure = ? WHERE generation = ? AND step = ? AND target = ?`,
      now,
      JSON.stringify(failure),
      generation,
      task.step,
      task.target,
    );
    this.#end(generation, task, (begun) => ({ ...begun, state: 'failed', ended_at: now, failure }));
  }

  /**
   * Lets every failed step of a generation be tried at once: a caller asks, or a new token is there. Where a tag was
   * held, all that writes is done again, for what is untagged may be gone.
   */
  forgive(generation: number): void {
    this.#steps = undefined;
    this.#sql.exec(`DELETE FROM steps WHERE generation = ? AND state = 'failed'`, generation);
    const isHeld = this.entries(generation).some(
      ({ step, state, result }) => step === 'tag' && state === 'done' && hasHeld(result as StepResults['tag']),
    );
    if (!isHeld) return;
    this.#sql.exec(`DELETE FROM steps WHERE generation = ? AND step NOT IN ('read', 'sign')`, generation);
    this.#steps = undefined;
  }
}

type Row = {
  step: JournalEntry['step'];
  target: string;
  state: JournalEntry['state'];
  started_at: number;
  ended_at: number | null;
  result: string | null;
  failure: string | null;
};

function parseRow(row: Row): JournalEntry {
  return {
    step: row.step,
    target: row.target,
    state: row.state,
    started_at: row.started_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as unknown }),
    ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as Failure }),
  };
}
