import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import { CallLog } from '../status/call-log.ts';
import type { CallCount } from '../status/calls.ts';
import { type RunKey, type RunReport, type RunsOverview, sumUp, type TaskResult } from './run-index.ts';

/**
 * Which runs there are, what each last said of itself, how the scheduled tasks and the calls to registries went: one
 * object.
 *
 * Runs hold the truth; what stands here is some seconds old, and lets the cron trigger find them.
 */
export class RunIndexObject extends DurableObject<Env> {
  readonly #calls: CallLog;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#calls = new CallLog(state.storage.sql);
    state.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS runs (project TEXT, run_id TEXT, open INTEGER NOT NULL, tend_at INTEGER, at INTEGER NOT NULL,
       report TEXT NOT NULL, PRIMARY KEY (project, run_id))`,
    );
    state.storage.sql.exec('CREATE TABLE IF NOT EXISTS tasks (name TEXT PRIMARY KEY, result TEXT NOT NULL)');
  }

  report(report: RunReport): void {
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)',
      report.project,
      report.run_id,
      report.open ? 1 : 0,
      report.tend_at,
      report.at,
      JSON.stringify(report),
    );
  }

  /** A run whose time is over. */
  forget({ project, run_id }: RunKey): void {
    this.ctx.storage.sql.exec('DELETE FROM runs WHERE project = ? AND run_id = ?', project, run_id);
  }

  /** The runs to look at now, and those that should be gone. Times are milliseconds since the epoch. */
  dueRuns(now: number, keptSince: number): RunKey[] {
    return this.ctx.storage.sql
      .exec<RunKey & Record<string, string>>(
        'SELECT project, run_id FROM runs WHERE tend_at <= ? OR at < ? ORDER BY at',
        now,
        keptSince,
      )
      .toArray();
  }

  /** The runs in which a merge may still go on. */
  openRuns(): RunKey[] {
    return this.ctx.storage.sql
      .exec<RunKey & Record<string, string>>('SELECT project, run_id FROM runs WHERE open = 1')
      .toArray();
  }

  recordTask(result: TaskResult): void {
    this.ctx.storage.sql.exec('INSERT OR REPLACE INTO tasks VALUES (?, ?)', result.name, JSON.stringify(result));
  }

  /** Adds what an isolate has counted of its calls to registries. */
  recordCalls(counts: readonly CallCount[]): void {
    this.#calls.add(counts, environmentOf(this.env).services.now());
  }

  overview(): {
    readonly runs: RunsOverview;
    readonly tasks: readonly TaskResult[];
    readonly calls: readonly CallCount[];
  } {
    const { sql } = this.ctx.storage;
    const reports = sql.exec<{ report: string }>('SELECT report FROM runs').toArray();
    const tasks = sql.exec<{ result: string }>('SELECT result FROM tasks ORDER BY name').toArray();
    return {
      runs: sumUp(reports.map(({ report }) => JSON.parse(report) as RunReport)),
      tasks: tasks.map(({ result }) => JSON.parse(result) as TaskResult),
      calls: this.#calls.all(),
    };
  }
}
