import type { CallCount, CallResult } from './calls.ts';

/** Counts are kept for a day, in milliseconds. */
const KEPT_MS = 86_400_000;

type Row = { host: string; slot: number; result: CallResult; calls: number };

/** How calls to registries went during the last day, from all isolates. */
export class CallLog {
  readonly #sql: DurableObjectStorage['sql'];

  constructor(sql: DurableObjectStorage['sql']) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS calls (host TEXT, slot INTEGER, result TEXT, calls INTEGER NOT NULL,
       PRIMARY KEY (host, slot, result))`,
    );
  }

  add(counts: readonly CallCount[], now: number): void {
    for (const { host, slot, result, calls } of counts) {
      this.#sql.exec(
        'INSERT INTO calls VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls.calls + excluded.calls',
        host,
        slot,
        result,
        calls,
      );
    }
    this.#sql.exec('DELETE FROM calls WHERE slot < ?', now - KEPT_MS);
  }

  all(): CallCount[] {
    return this.#sql.exec<Row>('SELECT * FROM calls').toArray();
  }
}
