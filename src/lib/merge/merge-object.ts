import { DurableObject } from 'cloudflare:workers';
import { type Stretch, withinGate } from '../calls.ts';
import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { ledgerOf } from '../keepalive/names.ts';
import { type Outcome, settle } from '../outcome.ts';
import { waitAtMost } from '../patience.ts';
import { runName } from '../runs/names.ts';
import type { Directive } from '../runs/types.ts';
import { reportCalls } from '../status/report-calls.ts';
import { Watchers } from '../watchers.ts';
import { applyDirective } from './arrivals/directive.ts';
import { type ArriveRequest, Reports } from './arrivals/reports.ts';
import { MergeError } from './error.ts';
import { Journal } from './journal.ts';
import { summariseForRun } from './run-summary.ts';
import { type EarlyLoan, Lender } from './signing/lender.ts';
import type { Loan } from './signing/loan.ts';
import { isFinished, type MergeOutcome, type MergeState, type MergeView, outOfPatience } from './state.ts';
import { locksOf } from './tag-lock/locks.ts';
import { type TagPlace, tagPlacesOf } from './tag-places.ts';
import { describeRest } from './tell.ts';
import type { MergeRecord } from './types.ts';
import { viewRecord } from './view-record.ts';
import { missingLegs, targetNames, Work } from './work.ts';

/** While work is under way, a killed object is woken after this long, in milliseconds. */
const WATCHDOG_MS = 5_000;
/** An alarm that failed outside of every step comes again after this long, in milliseconds. */
const TROUBLE_MS = 60_000;

/**
 * One backend of one run: loads what is stored, runs the tasks that are ready, records, and arms its alarm. The tasks run
 * in its {@link Work}; tokens and keys live in its {@link Lender} only.
 */
export class MergeObject extends DurableObject<Env> {
  readonly #journal: Journal;
  readonly #lender: Lender;
  readonly #watchers = new Watchers();
  readonly #reports: Reports;
  readonly #work: Work;
  #running: Promise<void> | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#journal = new Journal(state.storage.sql);
    this.#lender = new Lender(environmentOf(env).services);
    const shared = { journal: this.#journal, lender: this.#lender, services: () => this.#services };
    this.#work = new Work({
      ...shared,
      watchers: this.#watchers,
      locks: locksOf(env),
      observe: (event) => environmentOf(env).telemetry.step(event),
    });
    this.#reports = new Reports({
      ...shared,
      presence: this.#work.presence,
      ledger: ledgerOf(env),
      run: (subject) => env.RUNS.getByName(runName(subject.project, subject.run_id)),
    });
  }

  /**
   * Records a leg, and goes on as far as that leads, also with what had stopped. Only a report that leaves nothing missing
   * lends its token: an earlier one would have ended by then. All of it goes on where the caller's patience ends.
   */
  arrive(request: ArriveRequest): Promise<MergeOutcome> {
    return settle(() => withinGate(() => this.#arrive(request)));
  }

  async #arrive(request: ArriveRequest): Promise<MergeView> {
    let isRecorded = false;
    const work = async () => {
      const early = await this.#reports.take(request);
      // A run that spoke while nothing was recorded could not be heard.
      this.#follow(await this.#tellRun());
      isRecorded = true;
      await this.#goOnWith(request.loan, early);
    };
    await waitAtMost(this.#deadlineMs(), work());
    if (!isRecorded)
      throw new MergeError('ARRIVAL_PENDING', 'its image is still being anchored; send the report again');
    return this.#answer();
  }

  /**
   * Lends a token to what is complete, and goes on with what had stopped. An incomplete merge keeps nothing: the call
   * that lent it fails, and what failed must not publish later.
   *
   * @param patienceMs how long the caller waits for the merge to rest; default `deadline_seconds`
   */
  lend(loan: Loan, patienceMs = this.#deadlineMs()): Promise<MergeOutcome> {
    return settle(async () => {
      await waitAtMost(patienceMs, this.#goOnWith(loan));
      return this.#answer();
    });
  }

  view(): MergeView | null {
    const record = this.#journal.load();
    const view = record ? this.#view(record) : null;
    this.#forgetIfIdle();
    return view;
  }

  /** Everywhere that it may have moved a tag; nowhere where nothing has arrived. */
  tagPlaces(): Promise<Outcome<readonly TagPlace[]>> {
    return settle(async () => {
      const record = this.#journal.load();
      const places = record ? tagPlacesOf(record, this.#journal, this.#services) : [];
      this.#forgetIfIdle();
      return places;
    });
  }

  /** The steps from now on, as lines of JSON, until the merge rests. */
  watch(): ReadableStream<Uint8Array> {
    return this.#watchers.open();
  }

  /** Takes what the run says, and goes on, or stops before the next step. */
  async direct(directive: Directive): Promise<void> {
    if (!this.#journal.load()) return;
    this.#follow(directive);
    await this.wake();
    await this.#tellRun();
  }

  /** Goes on by its alarm with what has stopped without one. */
  async wake(): Promise<void> {
    const record = this.#journal.load();
    const { state } = record ? this.#view(record) : {};
    const isOpen = state === 'merging' || state === 'retrying' || (record && this.#work.ready().length > 0);
    if (isOpen && !this.#running && (await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(this.#services.now());
  }

  /** How it stands for whoever would remove its anchors; `arriving` while a report is taken in. Null: nothing has arrived. */
  standing(): MergeState | 'arriving' | null {
    if (this.#reports.count > 0) return 'arriving';
    return this.view()?.state ?? null;
  }

  /** Deletes everything, after its time. @returns false where it is at work */
  async expire(): Promise<boolean> {
    if (this.#running || this.#reports.count > 0) return false;
    await this.ctx.storage.deleteAll();
    this.#journal.reset();
    return true;
  }

  /** Arms itself again whatever happens: the platform would try six times, and then no more. */
  override async alarm(): Promise<void> {
    try {
      const before = this.#running;
      await before;
      // Work that has just ended may have left this alarm something.
      if (this.#journal.load() && (!before || this.#work.ready().length > 0)) await this.#advance();
    } catch (error) {
      console.error(JSON.stringify({ at: 'alarm', problem: messageOf(error) }));
      await this.ctx.storage.setAlarm(this.#services.now() + TROUBLE_MS);
    }
  }

  #load(): MergeRecord {
    const record = this.#journal.load();
    if (!record) throw new MergeError('SOURCE_NOT_FOUND', 'nothing has arrived for this merge');
    return record;
  }

  get #services() {
    return environmentOf(this.env).services;
  }

  #deadlineMs(): number {
    return this.#services.config.deadline_seconds * 1000;
  }

  /** Takes what is lent, if nothing is missing, and works until the merge rests. */
  #goOnWith(loan: Loan, early?: EarlyLoan): Promise<void> {
    const record = this.#load();
    if (missingLegs(record)?.length === 0) this.#lend(loan, early);
    this.#journal.forgive(record.generation);
    return this.#advance();
  }

  #lend(loan: Loan, early?: EarlyLoan): void {
    const refused = this.#lender.lend(loan, early);
    const { token_refused: _, ...rest } = this.#load();
    this.#journal.store(refused === undefined ? rest : { ...rest, token_refused: refused });
  }

  #answer(): MergeView {
    const view = outOfPatience(this.#view(this.#load()));
    this.#forgetIfIdle();
    return view;
  }

  /** A merge that rests keeps nothing in memory. */
  #forgetIfIdle(): void {
    if (!this.#running && this.#reports.count === 0) this.#journal.forget();
  }

  #advance(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Works until nothing is ready, also of what comes meanwhile: who brings it finds this at work, and waits for it. */
  async #run(): Promise<void> {
    let stretch: Stretch;
    do {
      // A kill from here on leaves an alarm that goes on. The run hears that work is under way, and at last how it rests.
      await this.ctx.storage.setAlarm(this.#services.now() + WATCHDOG_MS);
      const told = this.#work.ready().length > 0 ? this.#tellRun().catch(() => undefined) : undefined;
      stretch = await this.#work.run();
      await told;
      await this.#tellRun();
      await reportCalls(this.env);
      await this.#arm();
    } while (!stretch.isSpent && this.#work.ready().length > 0);
    this.#rest();
  }

  /** Sets the alarm for the next retry, if there is one. */
  async #arm(): Promise<void> {
    const record = this.#load();
    const retryAt = this.#journal.nextRetry(record.generation);
    if (retryAt !== undefined && !record.cancelled) await this.ctx.storage.setAlarm(retryAt);
    else await this.ctx.storage.deleteAlarm();
  }

  #rest(): void {
    const record = this.#load();
    if (isFinished(this.#journal.entries(record.generation), targetNames(this.#services, record)))
      this.#lender.forget();
    environmentOf(this.env).telemetry.rest(describeRest(record, this.#view(record), this.#services.now()));
    this.#watchers.close();
  }

  /** Does what the run says, which is newer than what is recorded. */
  #follow(directive: Directive): void {
    const record = this.#load();
    this.#journal.store(applyDirective(record, directive, this.#view(record).state));
  }

  #view(record: MergeRecord): MergeView {
    return viewRecord(record, this.#journal.entries(record.generation), this.#services, this.#lender.ready());
  }

  /** @returns what the run says by then */
  async #tellRun(): Promise<Directive> {
    const record = this.#load();
    const { project, run_id } = record.subject;
    return this.env.RUNS.getByName(runName(project, run_id)).note(summariseForRun(this.#view(record)));
  }
}
