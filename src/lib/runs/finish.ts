import { createGate } from '../http.ts';
import type { ArriveRequest } from '../merge/arrivals/reports.ts';
import { MergeError } from '../merge/error.ts';
import { Lender } from '../merge/signing/lender.ts';
import type { Loan } from '../merge/signing/loan.ts';
import type { MergeOutcome } from '../merge/state.ts';
import type { Services } from '../merge/types.ts';
import type { RunRow } from './run-store.ts';

/** Merges of one finishing call that are under way at a time: several calls come at once, and each merge takes memory. */
const MERGES_AT_ONCE = 5;

export interface FinishRequest {
  readonly project: string;
  readonly run_id: string;
  readonly run_attempt: number;
  /** The merges to finish; absent: all of the run. */
  readonly tag_suffixes?: readonly string[] | undefined;
  /** Reports that come with the call, before anything is finished. */
  readonly arrivals: readonly Omit<ArriveRequest, 'loan'>[];
  readonly loan: Loan;
}

/** How one merge of a finishing call ended; `outcome` is absent where nothing of it has arrived. */
export interface Finished {
  readonly tag_suffix: string;
  readonly outcome?: MergeOutcome;
  /** The call's time was over before it was this merge's turn. */
  readonly isLate?: true;
  /** What the plan expects of it, where nothing has arrived. */
  readonly missing?: readonly string[];
}

/** What a finishing call works on. */
export interface FinishDeps {
  rows(): readonly RunRow[];
  arrive(suffix: string, request: ArriveRequest): Promise<MergeOutcome>;
  lend(suffix: string, loan: Loan, patienceMs: number): Promise<MergeOutcome>;
  /** One certificate for all merges of the call, where its loan is a token. */
  share(loan: Loan): Promise<Loan>;
  /** How long the caller still waits, in milliseconds; 0 or less: no more. */
  patienceMs(): number;
}

/**
 * Takes the reports, then lends one certificate to every merge named that is complete, and waits for them.
 *
 * The certificate is requested once, and only if a merge will sign with it. A merge that refused its report is not
 * finished, but answers with the refusal. When the caller's time is over, what has not had its turn is left as it is.
 */
export async function finishRun(request: FinishRequest, deps: FinishDeps): Promise<Finished[]> {
  const gate = createGate(MERGES_AT_ONCE);
  const none: Loan = {
    kind: 'none',
    reason: request.loan.kind === 'none' ? request.loan.reason : 'the finishing call has not lent its token yet',
  };
  const inTime = (tag_suffix: string, work: () => Promise<Finished>) =>
    gate(async (): Promise<Finished> => (deps.patienceMs() > 0 ? work() : { tag_suffix, isLate: true }));
  const reported = await Promise.all(
    request.arrivals.map((arrival) => {
      const { tag_suffix } = arrival.report;
      return inTime(tag_suffix, async () => ({
        tag_suffix,
        outcome: await deps.arrive(tag_suffix, { ...arrival, loan: none }),
      }));
    }),
  );
  const unreported = reported.filter(({ outcome, isLate }) => isLate || outcome?.ok === false);
  const rows = new Map(deps.rows().map((row) => [row.tag_suffix, row]));
  const suffixes = [...new Set(request.tag_suffixes ?? rows.keys())];
  const others = suffixes.filter((suffix) => !unreported.some(({ tag_suffix }) => tag_suffix === suffix));
  const loan = others.some((suffix) => canSign(rows.get(suffix))) ? await deps.share(request.loan) : request.loan;
  const finished = await Promise.all(
    others.map((tag_suffix) =>
      inTime(tag_suffix, async () => {
        const row = rows.get(tag_suffix);
        if (row?.summary) return { tag_suffix, outcome: await deps.lend(tag_suffix, loan, deps.patienceMs()) };
        return { tag_suffix, ...(row?.planned ? { missing: row.planned.platform_tags } : {}) };
      }),
    ),
  );
  return [...unreported, ...finished];
}

function canSign(row: RunRow | undefined): boolean {
  return row?.summary?.missing?.length === 0 && row.summary.state !== 'published';
}

/** One certificate for all merges of a call; a token that Fulcio refuses becomes the reason why nothing is signed. */
export async function shareLoan(loan: Loan, services: Services): Promise<Loan> {
  if (loan.kind !== 'token') return loan;
  const lender = new Lender(services);
  lender.lend(loan);
  try {
    return { kind: 'identity', ...(await lender.identity()) };
  } catch (error) {
    if (error instanceof MergeError) return { kind: 'none', reason: error.message };
    throw error;
  }
}
