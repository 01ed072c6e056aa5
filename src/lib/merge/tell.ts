import { CodedError, messageOf } from '../error.ts';
import type { MergeName, RestEvent, StepEvent } from '../telemetry.ts';
import type { Failure } from './flow.ts';
import type { MergeView } from './state.ts';
import type { MergeRecord } from './types.ts';

/** A merge as the log names it. */
export function nameMerge({ subject, run_attempt, tag_suffix, generation }: MergeRecord): MergeName {
  return { project: subject.project, run_id: subject.run_id, run_attempt, tag_suffix, generation };
}

/** A failed step for the log; of an error that nobody expected, its own message. @param now milliseconds since the epoch */
export function describeFailure(
  { code, detail, tries, retry_at }: Failure,
  error: unknown,
  now: number,
): Pick<StepEvent, 'code' | 'problem' | 'tries' | 'retry_in_ms'> {
  const problem = error instanceof CodedError ? detail : messageOf(error);
  return { code, problem, tries, ...(retry_at === undefined ? {} : { retry_in_ms: retry_at - now }) };
}

/** A merge that rests, for the log. @param now milliseconds since the epoch */
export function describeRest(record: MergeRecord, { state, code, reason }: MergeView, now: number): RestEvent {
  return {
    ...nameMerge(record),
    state,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { problem: reason }),
    ms: now - record.created_at,
  };
}
