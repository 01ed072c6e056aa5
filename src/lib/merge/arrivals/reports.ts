import type { AnchorLedger } from '../../keepalive/types.ts';
import { unwrap } from '../../outcome.ts';
import type { RunObject } from '../../runs/run-object.ts';
import type { Presence } from '../images/presence.ts';
import type { Journal } from '../journal.ts';
import type { EarlyLoan, Lender } from '../signing/lender.ts';
import type { Loan } from '../signing/loan.ts';
import { projectOf } from '../subject.ts';
import type { MergeRecord, RunSubject, Services } from '../types.ts';
import type { Report } from './arrival.ts';
import { checkExpected } from './directive.ts';
import { takeIn } from './intake.ts';
import { compareReport, completes, expectationOf, imagesOf, joinReport } from './recording.ts';
import { startEarly } from './start-early.ts';

export interface ArriveRequest {
  readonly subject: RunSubject;
  readonly report: Report;
  readonly loan: Loan;
}

export interface ReportsOptions {
  readonly journal: Journal;
  readonly lender: Lender;
  readonly presence: Presence;
  /** Asked for at each report: the environment may be built anew. */
  readonly services: () => Services;
  readonly ledger: AnchorLedger;
  /** Says what its run expects of a merge. */
  readonly run: (subject: RunSubject) => Pick<DurableObjectStub<RunObject>, 'admit'>;
}

/** Takes the reports of one merge in. An image may have to be copied for long: that goes on, whoever waits for it. */
export class Reports {
  readonly #options: ReportsOptions;
  readonly #underWay = new Map<string, Promise<EarlyLoan | undefined>>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** How many are being taken in. */
  get count(): number {
    return this.#underWay.size;
  }

  /**
   * Checks a report, anchors its image, and records it; one that is sent again meanwhile joins the first.
   *
   * @returns what was begun ahead, where this report completes the merge
   * @throws {MergeError} as {@link takeIn}, and ARRIVAL_CONFLICT, EXPECT_CONFLICT, NOT_PLANNED
   */
  take(request: ArriveRequest): Promise<EarlyLoan | undefined> {
    const { platform_tag, digest, run_attempt } = request.report;
    const key = `${platform_tag} ${digest} ${run_attempt}`;
    const known = this.#underWay.get(key);
    if (known) return known;
    const taking = this.#take(request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, taking);
    return taking;
  }

  async #take({ subject, report, loan }: ArriveRequest): Promise<EarlyLoan | undefined> {
    const { journal, lender, presence, services, ledger, run } = this.#options;
    const project = projectOf(services(), subject);
    const { tag_suffix, platform_tag, run_attempt } = report;
    const plan_required = project.require_plan;
    const directive = unwrap(await run(subject).admit({ tag_suffix, platform_tag, run_attempt, plan_required }));
    const expectationBeside = (record: MergeRecord | undefined) => {
      const expectation = expectationOf(project, report, directive.planned, record?.expectation);
      checkExpected(expectation, platform_tag);
      return expectation;
    };
    const before = journal.load();
    const expectation = expectationBeside(before);
    if (compareReport(before, report) !== 'new') {
      if (before && expectation) journal.store({ ...before, expectation });
      return undefined;
    }
    const isLast = completes(before, expectation, report);
    const early = isLast ? lender.request(loan) : undefined;
    const taken = { subject, report, directive };
    const arrival = await takeIn(services(), project, subject.run_id, report, {
      ledger,
      presence,
      uploads: journal.uploads,
      others: isLast ? imagesOf(before) : [],
      onChecked: (arrival) =>
        startEarly(early, { ...taken, expectation, arrival, hasBegun: journal.hasBegun() }, before, services()),
    });
    // While the registries were asked, another report may have come, or the run have spoken.
    const present = journal.load();
    if (compareReport(present, report) === 'new') {
      const joined = { ...taken, expectation: expectationBeside(present), arrival, hasBegun: journal.hasBegun() };
      journal.store(joinReport(present, joined));
    }
    return early;
  }
}
