import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { ledgerOf } from '../keepalive/names.ts';
import { settle, unwrap } from '../outcome.ts';
import { waitAtMost } from '../patience.ts';
import { runName } from '../runs/names.ts';
import type { Directive } from '../runs/types.ts';
import { reportCalls } from '../status/report-calls.ts';
import { Watchers } from '../watchers.ts';
import type { Report } from './arrivals/arrival.ts';
import { applyDirective, checkExpected } from './arrivals/directive.ts';
import { takeIn } from './arrivals/intake.ts';
import { compareReport, completes, expectationOf, imagesOf, joinReport } from './arrivals/recording.ts';
import { startEarly } from './arrivals/start-early.ts';
import { MergeError } from './error.ts';
import { Journal } from './journal.ts';
import { summariseForRun } from './run-summary.ts';
import { type EarlyLoan, Lender } from './signing/lender.ts';
import type { Loan } from './signing/loan.ts';
import { isFinished, type MergeOutcome, type MergeState, type MergeView, outOfPatience } from './state.ts';
import { projectOf } from './subject.ts';
import { locksOf } from './tag-lock/locks.ts';
import { describeRest } from './tell.ts';
import type { MergeRecord, RunSubject } from './types.ts';
import { viewRecord } from './view-record.ts';
import { missingLegs, targetNames, Work } from './work.ts';

/** While work is under way, a killed object is woken after this long, in milliseconds. */
const WATCHDOG_MS = 5_000;
/** An alarm that failed outside of every step comes again after this long, in milliseconds. */
const TROUBLE_MS = 60_000;

export interface ArriveRequest {
  readonly subject: RunSubject;
  readonly report: Report;
  readonly loan: Loan;
}

/**
 * One backend of one run: loads what is stored, runs the tasks that are ready, records, and arms its alarm. The tasks run
 * in its {@link Work}; tokens and keys live in its {@link Lender} only.
 */
export class MergeObject extends DurableObject<Env> {
  readonly #journal: Journal;
  readonly #lender: Lender;
  readonly #watchers = new Watchers();
  readonly #steps: Work;
  #running: Promise<void> | undefined;
  /** Reports that are being taken in. */
  #arriving = 0;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#journal = new Journal(state.storage.sql);
    this.#lender = new Lender(environmentOf(env).services);
    this.#steps = new Work({
      journal: this.#journal,
      lender: this.#lender,
      watchers: this.#watchers,
      services: () => this.#services,
      locks: locksOf(env),
      observe: (event) => environmentOf(env).telemetry.step(event),
    });
  }

  /**
   * Records a leg, and goes on as far as that leads, also with what had stopped. Only a report that leaves nothing missing
   * lends its token: an earlier one would have ended by then.
   */
  arrive(request: ArriveRequest): Promise<MergeOutcome> {
    return settle(async () => {
      const early = await this.#record(request);
      const record = this.#load();
      if (missingLegs(record)?.length === 0) this.#lend(request.loan, early);
      this.#journal.forgive(record.generation);
      return this.#work();
    });
  }

  /**
   * Lends a token to what is complete, and goes on with what had stopped. An incomplete merge keeps nothing: the call
   * that lent it fails, and what failed must not publish later.
   *
   * @param patienceMs how long the caller waits for the merge to rest; default `deadline_seconds`
   */
  lend(loan: Loan, patienceMs?: number): Promise<MergeOutcome> {
    return settle(async () => {
      const record = this.#load();
      if (missingLegs(record)?.length === 0) this.#lend(loan);
      this.#journal.forgive(record.generation);
      return this.#work(patienceMs);
    });
  }

  view(): MergeView | null {
    const record = this.#journal.load();
    return this.#letGo(record ? this.#view(record) : null);
  }

  /** The steps from now on, as lines of JSON, until the merge rests. */
  watch(): ReadableStream<Uint8Array> {
    return this.#watchers.open();
  }

  /** Takes what the run says, and goes on, or stops before the next step. */
  async direct(directive: Directive): Promise<void> {
    const record = this.#journal.load();
    if (!record) return;
    this.#journal.store(applyDirective(record, directive, this.#view(record).state));
    await this.wake();
    await this.#tellRun();
  }

  /** Goes on by its alarm with what has stopped without one. */
  async wake(): Promise<void> {
    const record = this.#journal.load();
    const { state } = record ? this.#view(record) : {};
    const isOpen = state === 'merging' || state === 'retrying' || (record && this.#steps.ready().length > 0);
    if (isOpen && !this.#running && (await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(this.#services.now());
  }

  /** How it stands for whoever would remove its anchors; `arriving` while a report is taken in. Null: nothing has arrived. */
  standing(): MergeState | 'arriving' | null {
    if (this.#arriving > 0) return 'arriving';
    const record = this.#journal.load();
    return this.#letGo(record ? this.#view(record).state : null);
  }

  /** Deletes everything, after its time. @returns false where it is at work */
  async expire(): Promise<boolean> {
    if (this.#running || this.#arriving > 0) return false;
    await this.ctx.storage.deleteAll();
    this.#journal.reset();
    return true;
  }

  /** Arms itself again whatever happens: the platform would try six times, and then no more. */
  override async alarm(): Promise<void> {
    try {
      if (this.#journal.load()) await this.#advance();
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

  /** Stores a report. @returns what was begun ahead, where this report completes the merge */
  async #record({ subject, report, loan }: ArriveRequest): Promise<EarlyLoan | undefined> {
    const project = projectOf(this.#services, subject);
    const run = this.env.RUNS.getByName(runName(subject.project, subject.run_id));
    const before = this.#journal.load();
    const { tag_suffix, platform_tag, run_attempt } = report;
    const plan_required = project.require_plan;
    const directive = unwrap(await run.admit({ tag_suffix, platform_tag, run_attempt, plan_required }));
    const expectation = expectationOf(project, report, directive.planned, before?.expectation);
    checkExpected(expectation, platform_tag);
    const taken = { subject, report, expectation, directive };
    const hasBegun = () => this.#journal.hasBegun();
    let early: EarlyLoan | undefined;
    if (compareReport(this.#journal.load(), report) === 'new') {
      const isLast = completes(before, expectation, report);
      early = isLast ? this.#lender.request(loan) : undefined;
      this.#arriving += 1;
      try {
        const arrival = await takeIn(this.#services, project, subject.run_id, report, {
          ledger: ledgerOf(this.env),
          presence: this.#steps.presence,
          others: isLast ? imagesOf(before) : [],
          onChecked: (arrival) =>
            startEarly(early, { ...taken, arrival, hasBegun: hasBegun() }, before, this.#services),
        });
        // Another report may have come in while the registries were asked.
        if (compareReport(this.#journal.load(), report) === 'new')
          this.#journal.store(joinReport(this.#journal.load(), { ...taken, arrival, hasBegun: hasBegun() }));
      } finally {
        this.#arriving -= 1;
      }
    } else if (before && expectation) {
      this.#journal.store({ ...this.#load(), expectation });
    }
    await this.#tellRun();
    return early;
  }

  #lend(loan: Loan, early?: EarlyLoan): void {
    const refused = this.#lender.lend(loan, early);
    const record = this.#journal.load();
    if (!record) return;
    const { token_refused: _, ...rest } = record;
    this.#journal.store(refused === undefined ? rest : { ...rest, token_refused: refused });
  }

  /** Works until the merge rests, or the caller's patience ends; then the alarm goes on. */
  async #work(patienceMs?: number): Promise<MergeView> {
    await waitAtMost(patienceMs ?? this.#services.config.deadline_seconds * 1000, this.#advance());
    return this.#letGo(outOfPatience(this.#view(this.#load())));
  }

  /** A merge that rests keeps nothing in memory. */
  #letGo<Answer>(answer: Answer): Answer {
    if (!this.#running && this.#arriving === 0) this.#journal.forget();
    return answer;
  }

  #advance(): Promise<void> {
    this.#running ??= this.#goOn().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A kill from here on leaves an alarm that goes on. The run hears that work is under way, and at last how it rests. */
  async #goOn(): Promise<void> {
    await this.ctx.storage.setAlarm(this.#services.now() + WATCHDOG_MS);
    const told = this.#steps.ready().length > 0 ? this.#tellRun().catch(() => undefined) : undefined;
    await this.#steps.run();
    await told;
    await this.#rest();
  }

  /** Nothing is ready: arms the alarm for the next retry, if there is one, and tells the run. */
  async #rest(): Promise<void> {
    const record = this.#load();
    const view = this.#view(record);
    if (isFinished(this.#journal.entries(record.generation), targetNames(this.#services, record)))
      this.#lender.forget();
    const retryAt = this.#journal.nextRetry(record.generation);
    if (retryAt !== undefined && view.state !== 'cancelled') await this.ctx.storage.setAlarm(retryAt);
    else await this.ctx.storage.deleteAlarm();
    environmentOf(this.env).telemetry.rest(describeRest(record, view, this.#services.now()));
    await this.#tellRun();
    await reportCalls(this.env);
    this.#watchers.close();
  }

  #view(record: MergeRecord): MergeView {
    return viewRecord(record, this.#journal.entries(record.generation), this.#services, this.#lender.ready());
  }

  async #tellRun(): Promise<void> {
    const { project, run_id } = this.#load().subject;
    await this.env.RUNS.getByName(runName(project, run_id)).note(summariseForRun(this.#view(this.#load())));
  }
}
