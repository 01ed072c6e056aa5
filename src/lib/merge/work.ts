import { type Stretch, withinLimits } from '../calls.ts';
import type { VerifiedBundles } from '../gallery/judge.ts';
import { waitAtMost } from '../patience.ts';
import type { StepEvent } from '../telemetry.ts';
import type { Watchers } from '../watchers.ts';
import { missingOf } from './arrivals/arrival.ts';
import { failureOf } from './failure.ts';
import { readyTasks, type Task, taskKey } from './flow.ts';
import { Presence } from './images/presence.ts';
import { nameOf } from './images/source.ts';
import type { Journal } from './journal.ts';
import { runTask } from './run-task.ts';
import type { Lender } from './signing/lender.ts';
import { viewStep } from './state.ts';
import { projectOf } from './subject.ts';
import { describeFailure, nameMerge } from './tell.ts';
import type { Locks, MergeRecord, Services } from './types.ts';

/** After this long no call begins any more: an alarm may take 15 minutes. @see https://developers.cloudflare.com/durable-objects/api/alarms/ */
const STRETCH_MS = 10 * 60_000;

export interface WorkOptions {
  readonly journal: Journal;
  readonly lender: Lender;
  readonly watchers: Watchers;
  /** Asked for at each step: the environment may be built anew. */
  readonly services: () => Services;
  readonly locks: Locks;
  /** Hears of each step as it begins, and as it ends. */
  observe(event: StepEvent): void;
}

/** Runs the tasks of one merge, each as soon as it is ready, and records how it ended before the next one starts. */
export class Work {
  readonly #options: WorkOptions;
  /** Manifests that were seen while a report was taken in, or since. */
  readonly presence = new Presence();
  /** Bundles that passed during this stretch of work: both registries hold the same bytes. */
  readonly #verified: VerifiedBundles = new Map();

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Goes on until no task is ready, or one invocation's calls or time are spent. */
  run(): Promise<Stretch> {
    const { config, now } = this.#options.services();
    const limits = { calls: config.calls_per_invocation, until: now() + STRETCH_MS };
    return withinLimits(limits, (stretch) => this.#run(stretch));
  }

  async #run(stretch: Stretch): Promise<Stretch> {
    const inFlight = new Map<string, Promise<void>>();
    for (;;) {
      for (const task of stretch.isSpent ? [] : this.ready()) {
        const key = taskKey(task);
        if (!inFlight.has(key))
          inFlight.set(
            key,
            this.#runTask(task).finally(() => inFlight.delete(key)),
          );
      }
      if (inFlight.size === 0) break;
      await this.#untilNext(Promise.race(inFlight.values()));
    }
    this.#verified.clear();
    this.presence.clear();
    return stretch;
  }

  /** Until a task has ended, or the pause of another one is over: a registry that hangs holds up no retry elsewhere. */
  #untilNext(ended: Promise<void>): Promise<void> {
    const { journal, services } = this.#options;
    const retryAt = journal.nextRetry(journal.load()?.generation ?? 0);
    const pauseMs = retryAt === undefined ? 0 : retryAt - services().now();
    return pauseMs > 0 ? waitAtMost(pauseMs, ended) : ended;
  }

  /** The tasks that may start now. */
  ready(): Task[] {
    const { journal, lender, services } = this.#options;
    const record = journal.load();
    const missing = record ? missingLegs(record) : null;
    if (!record || record.cancelled || missing === null || missing.length > 0) return [];
    const entries = journal.entries(record.generation);
    const signed = entries.some(({ step, state }) => step === 'sign' && state === 'done');
    // Before it can sign, a merge writes nothing: what is pushed untagged may be collected while it waits for a token.
    if (!signed && !lender.ready()) return [];
    return readyTasks(entries, targetNames(services(), record), services().now());
  }

  async #runTask(task: Task): Promise<void> {
    const { journal, lender, locks } = this.#options;
    const services = this.#options.services();
    const record = journal.load();
    if (!record) return;
    const { generation } = record;
    const tries = journal.entries(generation).find((entry) => taskKey(entry) === taskKey(task))?.failure?.tries ?? 0;
    const begun = services.now();
    const observe = (event: Pick<StepEvent, 'state'> & Partial<StepEvent>) =>
      this.#options.observe({ ...nameMerge(record), ...task, ...event });
    journal.begin(generation, task, begun);
    this.#tell(generation, task);
    observe({ state: 'running' });
    try {
      const project = projectOf(services, record.subject);
      const surroundings = {
        record,
        project,
        services,
        locks,
        lender,
        uploads: journal.uploads,
        presence: this.presence,
        verified: this.#verified,
      };
      const result = await runTask(task, surroundings, journal.entries(generation));
      const ended = services.now();
      journal.succeed(generation, task, result, ended);
      observe({ state: 'done', ms: ended - begun });
    } catch (error) {
      const failure = failureOf(error, tries + 1, services);
      const ended = services.now();
      journal.fail(generation, task, failure, ended);
      observe({ state: 'failed', ms: ended - begun, ...describeFailure(failure, error, ended) });
    }
    this.#tell(generation, task);
  }

  #tell(generation: number, task: Task): void {
    const { journal, watchers } = this.#options;
    const entry = journal.entries(generation).find((other) => taskKey(other) === taskKey(task));
    if (entry) watchers.tell(viewStep(entry));
  }
}

/** The legs that have not arrived; null where nobody said which are expected. */
export function missingLegs({ expectation, arrivals }: MergeRecord): readonly string[] | null {
  return missingOf(
    expectation,
    arrivals.map(({ platform_tag }) => platform_tag),
  );
}

/** The targets that are used. */
export function targetNames(services: Services, record: MergeRecord): string[] {
  const targets = services.targets(projectOf(services, record.subject));
  return targets.flatMap(({ repository, skipped }) => (skipped === undefined ? [nameOf(repository)] : []));
}
