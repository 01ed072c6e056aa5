import type { RunSummary } from '../runs/types.ts';
import { problemsOf } from './arrivals/directive.ts';
import type { MergeView } from './state.ts';

/** What a merge tells its run of itself. */
export function summariseForRun(view: MergeView): RunSummary {
  const { state, reason, code, missing, expected, arrivals, digest, tag_suffix, ref, sha, run_attempt, deadline } =
    view;
  const problems = problemsOf(view);
  return {
    tag_suffix,
    state,
    missing,
    expected,
    arrived: arrivals.map(({ platform_tag }) => platform_tag),
    ref,
    sha,
    run_attempt,
    ...(reason ? { reason } : {}),
    ...(code ? { code } : {}),
    ...(digest ? { digest } : {}),
    ...(deadline ? { deadline } : {}),
    ...(problems.length > 0 ? { problems } : {}),
  };
}
