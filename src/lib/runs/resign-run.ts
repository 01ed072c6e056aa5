import type { ProjectConfig } from '../config.ts';
import { type Env, environmentOf } from '../environment.ts';
import type { Loan } from '../merge/signing/loan.ts';
import { checkTargets, failed, type Resigned } from '../merge/signing/resign.ts';
import { unwrap } from '../outcome.ts';
import { shareLoan } from './finish.ts';
import { runName } from './names.ts';

/** References that are signed in one invocation: with their children they cost a part of the calls that it may make. */
const REFS_PER_PART = 100;

export interface ResignRunRequest {
  readonly project: ProjectConfig;
  /** The maintenance job's own. */
  readonly run_id: string;
  /** `host/name@sha256:…` */
  readonly refs: readonly string[];
  readonly loan: Loan;
}

/**
 * Signs what was published before: all under one certificate, a part after the other, each in an invocation of its own.
 * What fails after others were signed is told of each reference.
 *
 * @throws {MergeError} NO_TARGET for a repository that is not the project's, before anything is signed; NEEDS_TOKEN
 */
export async function resignRun({ project, run_id, refs, loan }: ResignRunRequest, env: Env): Promise<Resigned[]> {
  const all = [...new Set(refs)];
  checkTargets(project, all);
  const shared = await shareLoan(loan, environmentOf(env).services);
  const run = env.RUNS.getByName(runName(project.name, run_id));
  const results: Resigned[] = [];
  for (let at = 0; at < all.length; at += REFS_PER_PART) {
    const part = all.slice(at, at + REFS_PER_PART);
    const outcome = await run.resign({ project, refs: part, loan: shared });
    // Where nothing is signed yet, the whole call may be made again.
    if (results.length === 0 || outcome.ok) results.push(...unwrap(outcome));
    else results.push(...part.map((ref) => failed({ ref, subjects: [] }, outcome.code, outcome.detail)));
  }
  return results;
}
