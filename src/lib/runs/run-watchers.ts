import { Watchers } from '../watchers.ts';
import type { RunRecord, RunStore } from './run-store.ts';
import { isOpen, viewRow } from './view.ts';

/** Those who watch a run: each hears how every merge stands, and of each that changes, until none may go on. */
export class RunWatchers {
  readonly #watchers = new Watchers();
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** @param now - milliseconds since the epoch */
  open(record: RunRecord, now: number): ReadableStream<Uint8Array> {
    const merges = this.#store.rows().map((row) => viewRow(record, row, now));
    const lines = this.#watchers.open(merges);
    if (!isOpen(merges)) this.#watchers.close();
    return lines;
  }

  /** Tells how these merges stand; one without a row was planned, and is no longer. */
  tell(suffixes: readonly string[], record: RunRecord, now: number): void {
    if (this.#watchers.count === 0) return;
    for (const tag_suffix of suffixes) {
      const row = this.#store.row(tag_suffix);
      this.#watchers.tell(row ? viewRow(record, row, now) : { tag_suffix, state: 'removed' });
    }
    if (!isOpen(this.#store.rows().map((row) => viewRow(record, row, now)))) this.#watchers.close();
  }
}
