import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import { createGate } from '../http.ts';
import { MergeError } from '../merge/error.ts';
import { Lender } from '../merge/lender.ts';
import type { Loan } from '../merge/loan.ts';
import type { ArriveRequest } from '../merge/merge-object.ts';
import { type MergeOutcome, type Outcome, settle } from '../merge/outcome.ts';
import { mergeName } from './names.ts';
import type { PlannedMerge, RunSummary, RunView } from './types.ts';

/** Merges of one finishing call that are under way at a time. */
const MERGES_AT_ONCE = 32;

export interface FinishRequest {
  readonly project: string;
  readonly run_id: string;
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
}

/** One run: its plan, and what its merges last said. */
export class RunObject extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS merges (tag_suffix TEXT PRIMARY KEY, planned TEXT, summary TEXT)',
    );
  }

  /**
   * What the plan says of a merge; null where there is no plan.
   *
   * @throws {MergeError} NOT_PLANNED, as a tagged outcome would be lost between two objects it crosses as an error name
   */
  plannedMerge(tagSuffix: string): PlannedMerge | null {
    const [row] = this.ctx.storage.sql
      .exec<{ planned: string | null }>('SELECT planned FROM merges WHERE tag_suffix = ?', tagSuffix)
      .toArray();
    return row?.planned ? (JSON.parse(row.planned) as PlannedMerge) : null;
  }

  /** Keeps what a merge says of itself. */
  note(summary: RunSummary): void {
    this.ctx.storage.sql.exec(
      'INSERT INTO merges (tag_suffix, summary) VALUES (?, ?) ON CONFLICT DO UPDATE SET summary = excluded.summary',
      summary.tag_suffix,
      JSON.stringify(summary),
    );
  }

  /**
   * Takes the reports, then lends one certificate to every merge named that is complete, and waits for them.
   *
   * The certificate is requested once, and only if a merge will sign with it.
   */
  finish(request: FinishRequest): Promise<Outcome<Finished[]>> {
    return settle(async () => {
      const gate = createGate(MERGES_AT_ONCE);
      const merge = (suffix: string) => this.env.MERGES.getByName(mergeName(request.project, request.run_id, suffix));
      const none: Loan = {
        kind: 'none',
        reason: request.loan.kind === 'none' ? request.loan.reason : 'the finishing call has not lent its token yet',
      };
      const reported = await Promise.all(
        request.arrivals.map((arrival) =>
          gate(
            async (): Promise<Finished> => ({
              tag_suffix: arrival.report.tag_suffix,
              outcome: await merge(arrival.report.tag_suffix).arrive({ ...arrival, loan: none }),
            }),
          ),
        ),
      );
      const refused = reported.filter(({ outcome }) => outcome?.ok === false);
      const known = new Map(this.#summaries().map((summary) => [summary.tag_suffix, summary]));
      const suffixes =
        request.tag_suffixes ??
        [...new Set([...known.keys(), ...this.#planned().map(({ tag_suffix }) => tag_suffix)])].sort();
      const loan = await this.#shared(
        request.loan,
        suffixes.some((suffix) => known.get(suffix)?.missing?.length === 0 && known.get(suffix)?.state !== 'published'),
      );
      const finished = await Promise.all(
        suffixes.map((suffix) =>
          gate(
            async (): Promise<Finished> =>
              known.has(suffix)
                ? { tag_suffix: suffix, outcome: await merge(suffix).lend(loan) }
                : { tag_suffix: suffix },
          ),
        ),
      );
      return [
        ...refused,
        ...finished.filter(({ tag_suffix }) => !refused.some((other) => other.tag_suffix === tag_suffix)),
      ];
    });
  }

  view(project: string, runId: string): RunView | null {
    const merges = this.#summaries();
    const planned = this.#planned();
    if (merges.length === 0 && planned.length === 0) return null;
    const counts: Record<string, number> = {};
    for (const { state } of merges) counts[state] = (counts[state] ?? 0) + 1;
    const [first] = merges;
    return {
      project,
      run_id: runId,
      ref: first?.ref ?? null,
      sha: first?.sha ?? null,
      run_attempt: Math.max(1, ...merges.map(({ run_attempt }) => run_attempt)),
      planned: planned.length > 0,
      counts,
      merges,
    };
  }

  #summaries(): RunSummary[] {
    const rows = this.ctx.storage.sql
      .exec<{ summary: string }>('SELECT summary FROM merges WHERE summary IS NOT NULL ORDER BY tag_suffix')
      .toArray();
    return rows.map(({ summary }) => JSON.parse(summary) as RunSummary);
  }

  #planned(): PlannedMerge[] {
    const rows = this.ctx.storage.sql
      .exec<{ planned: string }>('SELECT planned FROM merges WHERE planned IS NOT NULL')
      .toArray();
    return rows.map(({ planned }) => JSON.parse(planned) as PlannedMerge);
  }

  /** One certificate for all merges of the call; a token that Fulcio refuses becomes the reason why nothing is signed. */
  async #shared(loan: Loan, needed: boolean): Promise<Loan> {
    if (loan.kind !== 'token' || !needed) return loan;
    const lender = new Lender(environmentOf(this.env).services);
    lender.lend(loan);
    try {
      return { kind: 'identity', ...(await lender.identity()) };
    } catch (error) {
      if (error instanceof MergeError) return { kind: 'none', reason: error.message };
      throw error;
    }
  }
}
