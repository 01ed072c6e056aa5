import { DurableObject } from 'cloudflare:workers';
import type { ProjectConfig } from '../config.ts';
import { type Env, environmentOf } from '../environment.ts';
import { CodedError, messageOf } from '../error.ts';
import type { VerifiedBundles } from '../gallery/judge.ts';
import { ledgerOf } from '../keepalive/names.ts';
import { deadlineMinutes, markOverdue } from '../runs/deadline.ts';
import { runName } from '../runs/names.ts';
import type { Directive, PlannedMerge, RunSummary } from '../runs/types.ts';
import { compareArrival, type Expectation, joinExpectations, missingOf, type Report, SINGLE } from './arrival.ts';
import { applyDirective, checkExpected, problemsOf } from './directive.ts';
import { MergeError } from './error.ts';
import { failureOf } from './failure.ts';
import { readyTasks, type Task, taskKey } from './flow.ts';
import { takeIn } from './intake.ts';
import { Journal } from './journal.ts';
import { type EarlyIdentity, Lender } from './lender.ts';
import type { Loan } from './loan.ts';
import { locksOf, unwrap } from './locks.ts';
import { type MergeOutcome, settle } from './outcome.ts';
import { runTask } from './run-task.ts';
import { nameOf } from './source.ts';
import { isFinished, type MergeState, type MergeView, viewMerge, viewStep } from './state.ts';
import type { MergeRecord, RunSubject } from './types.ts';
import { Watchers } from './watchers.ts';

/** While work is under way, a killed object is woken after this long, in milliseconds. */
const WATCHDOG_MS = 5_000;

export interface ArriveRequest {
  readonly subject: RunSubject;
  readonly report: Report;
  readonly loan: Loan;
}

/**
 * One backend of one run: loads what is stored, runs the tasks that are ready, records, and arms its alarm.
 *
 * What is next is decided by {@link readyTasks}; tokens and keys live in its {@link Lender} only.
 */
export class MergeObject extends DurableObject<Env> {
  readonly #journal: Journal;
  readonly #lender: Lender;
  readonly #watchers = new Watchers();
  /** Bundles that passed during this stretch of work: both registries hold the same bytes. */
  readonly #verified: VerifiedBundles = new Map();
  #running: Promise<void> | undefined;
  /** Reports that are being taken in. */
  #arriving = 0;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#journal = new Journal(state.storage.sql);
    this.#lender = new Lender(environmentOf(env).services);
  }

  /**
   * Records a leg, and goes on as far as that leads. Only a report that leaves nothing missing lends its token: an
   * earlier one would have ended by then.
   */
  arrive(request: ArriveRequest): Promise<MergeOutcome> {
    return settle(async () => {
      const early = await this.#record(request);
      if (this.#missing(this.#load())?.length === 0) this.#lend(request.loan, early);
      return this.#work();
    });
  }

  /**
   * Lends a token to what is complete, and goes on with what had stopped. An incomplete merge keeps nothing: the call
   * that lent it fails, and what failed must not publish later. Absent: nothing has arrived.
   */
  lend(loan: Loan): Promise<MergeOutcome> {
    return settle(async () => {
      const record = this.#load();
      if (this.#missing(record)?.length === 0) this.#lend(loan);
      this.#journal.forgive(record.generation);
      return this.#work();
    });
  }

  view(): MergeView | null {
    const record = this.#journal.load();
    return record ? this.#view(record) : null;
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
    const isOpen = state === 'merging' || state === 'retrying' || (record && this.#ready().length > 0);
    if (isOpen && !this.#running && (await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(this.#services.now());
  }

  /** How it stands for whoever would remove its anchors; `arriving` while a report is taken in. Null: nothing has arrived. */
  standing(): MergeState | 'arriving' | null {
    if (this.#arriving > 0) return 'arriving';
    const record = this.#journal.load();
    return record ? this.#view(record).state : null;
  }

  /** Deletes everything, after its time. @returns false where it is at work */
  async expire(): Promise<boolean> {
    if (this.#running || this.#arriving > 0) return false;
    await this.ctx.storage.deleteAll();
    this.#journal.reset();
    return true;
  }

  override async alarm(): Promise<void> {
    if (this.#journal.load()) await this.#advance();
  }

  #load(): MergeRecord {
    const record = this.#journal.load();
    if (!record) throw new MergeError('SOURCE_NOT_FOUND', 'nothing has arrived for this merge');
    return record;
  }

  get #services() {
    return environmentOf(this.env).services;
  }

  #project(subject: Pick<RunSubject, 'project'>): ProjectConfig {
    const project = this.#services.config.projects.find(({ name }) => name === subject.project);
    if (!project) throw new MergeError('NO_TARGET', `the project "${subject.project}" is not configured any more`);
    return project;
  }

  /** Stores a report. @returns the certificate, where this report completes the merge */
  async #record({ subject, report, loan }: ArriveRequest): Promise<EarlyIdentity | undefined> {
    const project = this.#project(subject);
    const run = this.env.RUNS.getByName(runName(subject.project, subject.run_id));
    const before = this.#journal.load();
    const { tag_suffix, platform_tag, run_attempt } = report;
    const plan_required = project.require_plan;
    const directive = unwrap(await run.admit({ tag_suffix, platform_tag, run_attempt, plan_required }));
    const expectation = this.#expectation(project, report, directive.planned, before?.expectation);
    checkExpected(expectation, platform_tag);
    let early: EarlyIdentity | undefined;
    if (this.#compare(report) === 'new') {
      if (completes(before, expectation, report)) early = this.#lender.request(loan);
      this.#arriving += 1;
      try {
        const arrival = await takeIn(this.#services, project, subject.run_id, report, ledgerOf(this.env));
        // Another report may have come in while the registries were asked.
        if (this.#compare(report) === 'new')
          this.#journal.store(this.#joined(subject, report, arrival, expectation, directive));
      } finally {
        this.#arriving -= 1;
      }
    } else if (before && expectation) {
      this.#journal.store({ ...this.#load(), expectation });
    }
    await this.#tellRun();
    return early;
  }

  #compare(report: Report) {
    const recorded = this.#journal.load()?.arrivals.find(({ platform_tag }) => platform_tag === report.platform_tag);
    const outcome = compareArrival(recorded, report);
    if (outcome === 'conflict') {
      throw new MergeError(
        'ARRIVAL_CONFLICT',
        `attempt ${report.run_attempt} already reported ${recorded?.digest} for ${report.platform_tag}`,
      );
    }
    return outcome;
  }

  #expectation(project: ProjectConfig, report: Report, planned: PlannedMerge | null, known: Expectation | undefined) {
    const configured = project.expect[report.tag_suffix];
    const said: (Expectation | undefined)[] = [
      planned ? { platform_tags: planned.platform_tags, authority: 'plan' } : undefined,
      configured ? { platform_tags: configured, authority: 'configuration' } : undefined,
      report.expect ? { platform_tags: report.expect, authority: 'report' } : undefined,
      known,
    ];
    const joined = said.reduce((left, right) => joinExpectations(left, right), undefined);
    return (
      joined ??
      (report.platform_tag === SINGLE ? ({ platform_tags: [SINGLE], authority: 'report' } as const) : undefined)
    );
  }

  /** The record with one more arrival; other bytes after work began make a new generation. */
  #joined(
    subject: RunSubject,
    report: Report,
    arrival: MergeRecord['arrivals'][number],
    expectation: Expectation | undefined,
    { planned, cancelled }: Directive,
  ): MergeRecord {
    const before = this.#journal.load();
    const replaced = before?.arrivals.find(({ platform_tag }) => platform_tag === arrival.platform_tag);
    const generation = before?.generation ?? 1;
    const begun =
      before !== undefined && replaced?.digest !== arrival.digest && this.#journal.entries(generation).length > 0;
    return {
      subject,
      tag_suffix: report.tag_suffix,
      tag_latest: planned?.tag_latest ?? report.tag_latest ?? before?.tag_latest ?? 'auto',
      run_attempt: Math.max(before?.run_attempt ?? 0, report.run_attempt),
      generation: begun ? generation + 1 : generation,
      ...(expectation ? { expectation } : {}),
      arrivals: [...(before?.arrivals ?? []).filter((other) => other !== replaced), arrival],
      narrow: planned?.narrow ?? false,
      cancelled,
      created_at: before?.created_at ?? this.#services.now(),
    };
  }

  #lend(loan: Loan, early?: EarlyIdentity): void {
    const refused = this.#lender.lend(loan, early);
    const record = this.#journal.load();
    if (!record) return;
    const { token_refused: _, ...rest } = record;
    this.#journal.store(refused === undefined ? rest : { ...rest, token_refused: refused });
  }

  /** Works until the merge rests, or the caller's patience ends; then the alarm goes on. */
  async #work(): Promise<MergeView> {
    const { config, caller } = this.#services;
    await Promise.race([this.#advance(), caller.sleep(config.deadline_seconds * 1000)]);
    return this.#view(this.#load());
  }

  #advance(): Promise<void> {
    this.#running ??= this.#runTasks().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Runs every task as soon as it is ready, until none is. */
  async #runTasks(): Promise<void> {
    const inFlight = new Map<string, Promise<void>>();
    await this.ctx.storage.setAlarm(this.#services.now() + WATCHDOG_MS);
    for (;;) {
      for (const task of this.#ready()) {
        const key = taskKey(task);
        if (!inFlight.has(key))
          inFlight.set(
            key,
            this.#runTask(task).finally(() => inFlight.delete(key)),
          );
      }
      if (inFlight.size === 0) break;
      await Promise.race(inFlight.values());
    }
    await this.#rest();
  }

  #ready(): Task[] {
    const record = this.#load();
    const missing = this.#missing(record);
    if (record.cancelled || missing === null || missing.length > 0) return [];
    const entries = this.#journal.entries(record.generation);
    const signed = entries.some(({ step, state }) => step === 'sign' && state === 'done');
    // Before it can sign, a merge writes nothing: what is pushed untagged may be collected while it waits for a token.
    if (!signed && !this.#lender.ready()) return [];
    return readyTasks(entries, this.#targetNames(record), this.#services.now());
  }

  #missing(record: MergeRecord): readonly string[] | null {
    return missingOf(
      record.expectation,
      record.arrivals.map(({ platform_tag }) => platform_tag),
    );
  }

  #targetNames(record: MergeRecord): string[] {
    const targets = this.#services.targets(this.#project(record.subject));
    return targets.flatMap(({ repository, skipped }) => (skipped === undefined ? [nameOf(repository)] : []));
  }

  async #runTask(task: Task): Promise<void> {
    const record = this.#load();
    const { generation } = record;
    const tries =
      this.#journal.entries(generation).find((entry) => taskKey(entry) === taskKey(task))?.failure?.tries ?? 0;
    this.#journal.begin(generation, task, this.#services.now());
    this.#tell(generation, task);
    try {
      const context = {
        record,
        project: this.#project(record.subject),
        services: this.#services,
        locks: locksOf(this.env),
        lender: this.#lender,
        verified: this.#verified,
      };
      const result = await runTask(task, context, this.#journal.entries(generation));
      this.#journal.succeed(generation, task, result, this.#services.now());
    } catch (error) {
      if (!(error instanceof CodedError))
        console.error(
          JSON.stringify({
            at: 'step',
            step: task.step,
            run: record.subject.run_id,
            suffix: record.tag_suffix,
            problem: messageOf(error),
          }),
        );
      this.#journal.fail(generation, task, failureOf(error, tries + 1, this.#services), this.#services.now());
    }
    this.#tell(generation, task);
  }

  #tell(generation: number, task: Task): void {
    const entry = this.#journal.entries(generation).find((other) => taskKey(other) === taskKey(task));
    if (entry) this.#watchers.tell(viewStep(entry));
  }

  /** Nothing is ready: arms the alarm for the next retry, if there is one, and tells the run. */
  async #rest(): Promise<void> {
    const record = this.#load();
    const view = this.#view(record);
    this.#verified.clear();
    if (isFinished(this.#journal.entries(record.generation), this.#targetNames(record))) this.#lender.forget();
    const retries = this.#journal
      .entries(record.generation)
      .flatMap(({ failure }) => (failure?.retry_at === undefined ? [] : [failure.retry_at]));
    if (retries.length > 0 && view.state !== 'cancelled') await this.ctx.storage.setAlarm(Math.min(...retries));
    else await this.ctx.storage.deleteAlarm();
    await this.#tellRun();
    this.#watchers.close();
  }

  #view(record: MergeRecord): MergeView {
    const project = this.#project(record.subject);
    const targets = this.#services.targets(project);
    const view = viewMerge(record, this.#journal.entries(record.generation), targets, this.#lender.ready());
    const deadline = record.created_at + deadlineMinutes(project, targets) * 60_000;
    return markOverdue(view, deadline, this.#services.now());
  }

  async #tellRun(): Promise<void> {
    const { project, run_id } = this.#load().subject;
    await this.env.RUNS.getByName(runName(project, run_id)).note(this.#summary());
  }

  #summary(): RunSummary {
    const view = this.#view(this.#load());
    const { state, reason, missing, expected, arrivals, digest, tag_suffix, ref, sha, run_attempt, deadline } = view;
    const problems = problemsOf(view);
    const arrived = arrivals.map(({ platform_tag }) => platform_tag);
    return {
      tag_suffix,
      state,
      missing,
      expected,
      arrived,
      ref,
      sha,
      run_attempt,
      ...(reason ? { reason } : {}),
      ...(digest ? { digest } : {}),
      ...(deadline ? { deadline } : {}),
      ...(problems.length > 0 ? { problems } : {}),
    };
  }
}

/** Whether nothing is missing any more once this report is in. */
function completes(before: MergeRecord | undefined, expectation: Expectation | undefined, report: Report): boolean {
  const arrived = (before?.arrivals ?? []).map(({ platform_tag }) => platform_tag);
  return missingOf(expectation, [...arrived, report.platform_tag])?.length === 0;
}
