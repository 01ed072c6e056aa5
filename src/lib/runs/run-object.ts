import { DurableObject } from 'cloudflare:workers';
import { withinGate } from '../calls.ts';
import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { createGate } from '../http.ts';
import { type Resigned, type ResignRequest, resignImages } from '../merge/signing/resign.ts';
import { locksOf } from '../merge/tag-lock/locks.ts';
import { type Outcome, settle } from '../outcome.ts';
import { type Finished, type FinishRequest, finishRun, shareLoan } from './finish.ts';
import { mergeName, parseRunName, runIndexOf } from './names.ts';
import { checkPlanned, comparePlans } from './plan.ts';
import type { AdmitRequest, PlanOutcome, PlanRequest } from './requests.ts';
import { type RunRecord, type RunRow, RunStore } from './run-store.ts';
import { RunWatchers } from './run-watchers.ts';
import type { Directive, PlannedMerge, RunStanding, RunSummary, RunView } from './types.ts';
import { attemptOf, reportRun, viewRun } from './view.ts';
import { isBehind, wakeAt } from './watchdog.ts';

/** Merges that are told something side by side. */
const TOLD_AT_ONCE = 32;
/** After a change, the index hears of it within this time: changes come in crowds. In milliseconds. */
const REPORT_MS = 3_000;
/** After a failure, in milliseconds. */
const RETRY_MS = 60_000;
const DAY_MS = 86_400_000;

/** One run: its plan, and what its merges last said. */
export class RunObject extends DurableObject<Env> {
  readonly #store: RunStore;
  readonly #watchers: RunWatchers;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#store = new RunStore(state.storage.sql);
    this.#watchers = new RunWatchers(this.#store);
  }

  /** What the run says to a report, before it is taken in; refused with NOT_PLANNED. A newer attempt resumes the run. */
  admit(request: AdmitRequest): Promise<Outcome<Directive>> {
    return settle(async () => {
      const exists = this.#store.record()?.plan !== undefined;
      const merge = this.#store.row(request.tag_suffix)?.planned;
      checkPlanned({ exists, required: request.plan_required, merge }, request);
      if (this.#takeUp(request.run_attempt)) await this.#arm(this.#now());
      return this.#directive(merge);
    });
  }

  /** Keeps what a merge says of itself. @returns what the run says to it */
  async note(summary: RunSummary): Promise<Directive> {
    const now = this.#now();
    const { tag_suffix } = summary;
    this.#store.note(summary, now);
    this.#store.store({ ...this.#record(), touched_at: now });
    const directive = this.#directive(this.#store.row(tag_suffix)?.planned);
    if (isBehind(summary, directive)) this.#store.untold(tag_suffix);
    this.#watchers.tell([tag_suffix], this.#record(), now);
    await this.#arm(now + REPORT_MS);
    return directive;
  }

  /** Sets the plan, and tells the merges whose legs have already come. A plan in conflict changes nothing. */
  async plan({ run_attempt, ref, sha, merges }: PlanRequest): Promise<PlanOutcome> {
    const record = this.#record();
    const earlier = record.plan?.run_attempt ?? 0;
    if (run_attempt < earlier) return { kind: 'older', run_attempt: earlier };
    const rows = this.#store.rows();
    const change = comparePlans({
      before: rows.flatMap(({ planned }) => planned ?? []),
      next: merges,
      arrived: rows.flatMap(({ summary }) => summary ?? []),
      newer: run_attempt > earlier && earlier > 0,
    });
    if (change.conflicts.length > 0) return { kind: 'conflict', change };
    const now = this.#now();
    const moved = new Set([...change.added, ...change.changed]);
    for (const merge of merges) if (moved.has(merge.tag_suffix)) this.#store.plan(merge.tag_suffix, merge);
    for (const suffix of change.removed) this.#store.plan(suffix, undefined);
    this.#store.store({ ...record, plan: { run_attempt, ref, sha, at: now }, touched_at: now });
    await this.resume(run_attempt);
    await this.#tell();
    this.#watchers.tell([...moved, ...change.removed], this.#record(), now);
    await this.#arm(now + REPORT_MS);
    return { kind: 'planned', change };
  }

  /** Stops what is unfinished before its next tag, and what may still come of this attempt. */
  async cancel(): Promise<RunView | null> {
    const record = this.#store.record();
    if (!record) return null;
    const cancelled_attempt = attemptOf(record, this.#store.rows());
    this.#store.store({ ...record, cancelled_attempt, touched_at: this.#now() });
    this.#store.untold();
    await this.#tell();
    await this.#arm(this.#now() + REPORT_MS);
    return this.#view();
  }

  /** A newer attempt than the one that was cancelled takes the run up again. */
  async resume(runAttempt: number): Promise<void> {
    if (this.#takeUp(runAttempt)) await this.#tell();
  }

  /** Takes reports, then lends one certificate to every merge that is complete; see {@link finishRun}. */
  finish(request: FinishRequest): Promise<Outcome<Finished[]>> {
    return settle(async () => {
      await this.resume(request.run_attempt);
      const until = this.#now() + environmentOf(this.env).services.config.deadline_seconds * 1000;
      return finishRun(request, {
        rows: () => this.#store.rows(),
        arrive: (suffix, arrival) => this.#merge(suffix).arrive(arrival),
        lend: (suffix, loan, patienceMs) => this.#merge(suffix).lend(loan, patienceMs),
        patienceMs: () => until - this.#now(),
        share: (loan) => shareLoan(loan, environmentOf(this.env).services),
      });
    });
  }

  /** Signs a part of what a maintenance job names, in an invocation of its own; nothing of it is kept. */
  resign(request: ResignRequest): Promise<Outcome<Resigned[]>> {
    return settle(() => withinGate(() => resignImages(request, environmentOf(this.env).services, locksOf(this.env))));
  }

  view(): RunView | null {
    return this.#store.record() ? this.#view() : null;
  }

  /** Every merge as it stands, then each that changes, as lines of JSON, until none may go on. Null: nothing has arrived. */
  watch(): ReadableStream<Uint8Array> | null {
    const record = this.#store.record();
    return record ? this.#watchers.open(record, this.#now()) : null;
  }

  /** For whoever would remove the run's anchors. Null: nothing has arrived, or it is long over. */
  standing(): RunStanding | null {
    const record = this.#store.record();
    if (!record) return null;
    const summaries = this.#store.rows().flatMap(({ summary }) => summary ?? []);
    const merges = summaries.map(({ tag_suffix, state }) => ({ tag_suffix, state }));
    return { touched_at: record.touched_at, merges };
  }

  /**
   * Tells merges what they have not heard, wakes those that have stopped, and reports to the index. A run whose time is
   * over is deleted instead.
   */
  async tend(): Promise<{ readonly woken: number }> {
    const record = this.#store.record();
    const now = this.#now();
    if (!record || record.touched_at + this.#retentionMs() <= now) {
      await this.#expire();
      return { woken: 0 };
    }
    await this.#tell();
    const stopped = this.#store.rows().filter((row) => (wakeAt(row) ?? now + 1) <= now);
    await this.#each(stopped, async ({ tag_suffix }) => {
      await this.#merge(tag_suffix).wake();
      this.#store.woken(tag_suffix, this.#now());
    });
    await runIndexOf(this.env).report(reportRun(record, this.#store.rows(), this.#now()));
    await this.#arm(Math.max(now + REPORT_MS, record.touched_at + this.#retentionMs()));
    return { woken: stopped.length };
  }

  override async alarm(): Promise<void> {
    try {
      await this.tend();
    } catch (error) {
      this.#complain(error);
      await this.#arm(this.#now() + RETRY_MS);
    }
  }

  /** Deletes the run with its merges. One that is at work keeps all of it for another day. */
  async #expire(): Promise<void> {
    const known = this.#store.rows().filter(({ summary }) => summary);
    const gone: boolean[] = [];
    const isDone = await this.#each(known, async ({ tag_suffix }) => gone.push(await this.#merge(tag_suffix).expire()));
    if (!isDone || gone.includes(false)) return this.ctx.storage.setAlarm(this.#now() + DAY_MS);
    await runIndexOf(this.env).forget(this.#record());
    await this.ctx.storage.deleteAll();
    this.#store.reset();
  }

  /** Takes back a cancellation that a newer attempt outlives. @returns whether there was one */
  #takeUp(runAttempt: number): boolean {
    const record = this.#store.record();
    if (record?.cancelled_attempt === undefined || runAttempt <= record.cancelled_attempt) return false;
    const { cancelled_attempt: _, ...rest } = record;
    this.#store.store({ ...rest, touched_at: this.#now() });
    this.#store.untold();
    return true;
  }

  /** Merges that cannot be told now are told later, by the alarm. */
  async #tell(): Promise<void> {
    const untold = this.#store.rows().filter(({ told }) => !told);
    const isDone = await this.#each(untold, async ({ tag_suffix, planned }) => {
      const directive = this.#directive(planned);
      await this.#merge(tag_suffix).direct(directive);
      const now = this.#directive(this.#store.row(tag_suffix)?.planned);
      if (JSON.stringify(now) === JSON.stringify(directive)) this.#store.told(tag_suffix);
    });
    if (!isDone) await this.#arm(this.#now() + RETRY_MS);
  }

  /** Does something with each merge; one that fails is logged, and keeps no other from it. @returns whether all went well */
  async #each(rows: readonly RunRow[], work: (row: RunRow) => Promise<unknown>): Promise<boolean> {
    const gate = createGate(TOLD_AT_ONCE);
    const done = await Promise.allSettled(rows.map((row) => gate(() => work(row))));
    for (const [index, result] of done.entries()) {
      if (result.status === 'rejected') this.#complain(result.reason, rows[index]?.tag_suffix);
    }
    return done.every(({ status }) => status === 'fulfilled');
  }

  #complain(error: unknown, suffix?: string): void {
    console.error(JSON.stringify({ at: 'run', run: this.ctx.id.name, suffix, problem: messageOf(error) }));
  }

  #directive(planned: PlannedMerge | undefined): Directive {
    return { planned: planned ?? null, cancelled: this.#store.record()?.cancelled_attempt !== undefined };
  }

  #view(): RunView {
    return viewRun(this.#record(), this.#store.rows(), this.#now());
  }

  #record(): RunRecord {
    return this.#store.record() ?? { ...parseRunName(this.ctx.id.name ?? ''), touched_at: this.#now() };
  }

  #merge(tagSuffix: string) {
    const { project, run_id } = this.#record();
    return this.env.MERGES.getByName(mergeName(project, run_id, tagSuffix));
  }

  /** The alarm rings at the earliest of what it was set for. */
  async #arm(at: number): Promise<void> {
    const present = await this.ctx.storage.getAlarm();
    if (present === null || present > at) await this.ctx.storage.setAlarm(at);
  }

  #now(): number {
    return environmentOf(this.env).services.now();
  }

  #retentionMs(): number {
    return environmentOf(this.env).services.config.retention_days * DAY_MS;
  }
}
