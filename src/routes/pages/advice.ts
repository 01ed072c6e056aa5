import type { MergeView } from '../../lib/merge/state.ts';
import type { RunMergeView } from '../../lib/runs/types.ts';
import { joinWords, sentence } from './format.ts';

/** What may be done about a code, in a sentence; where nothing is said, the detail has to do. */
const ADVICE: Readonly<Record<string, string>> = {
  // Of a merge.
  NARROWER:
    'Re-run the whole matrix, so that no platform is missing. If one was given up on purpose, plan this merge with "narrow": true.',
  SOURCE_GONE: 'Re-run the build job of the leg that is gone: its report resumes the merge.',
  TARGET_REFUSED: 'Check the credential of that registry, then call finish again.',
  NO_TARGET: 'Give this Muster a credential for a target of the project: its secret REGISTRY_AUTH.',
  SELF_VERIFICATION_FAILED: 'No tag has moved. Compare the policy with the signer below.',
  // Of a request.
  REGISTRY_NOT_ALLOWED: 'Only images of the registries that are configured here can be looked at.',
  IMAGE_NOT_FOUND: 'Check the name and the tag. A private image looks the same from here.',
  PLATFORM_NOT_FOUND: 'Leave the platform empty to see all that the image has.',
  POLICY_INVALID: 'Choose one of the policies of the form.',
  REFERENCE_INVALID: 'Write it as registry/repository:tag, or with @sha256:… behind the repository.',
  BUDGET_EXHAUSTED: 'Public look-ups of this registry have used up their hour. Try again later; merges go on.',
  RUN_UNKNOWN:
    'Nothing has been reported for it yet, or it is longer ago than runs are kept. Check the project and the number.',
  MERGE_UNKNOWN: 'Nothing has been reported for it, and no plan has it. The page of its run shows what is planned.',
  GALLERY_NOT_FOUND: 'The overview lists the galleries that are configured.',
  PATH_INVALID: 'Check the address.',
  QUERY_INVALID: 'Check the filter, or start without one.',
  RATE_LIMITED: 'Wait a minute, then load this page again.',
  NOT_FOUND: 'Check the address, or start at the overview.',
  CONFIG_INVALID:
    'The last deployment has a configuration that cannot be used: mend the key that is named, or roll back.',
  TRUST_ROOT_EXPIRED: 'Nothing can be verified until a newer trusted root is there. It is asked for every ten minutes.',
  TRUST_ROOT_UNAVAILABLE: 'Nothing can be verified until the trusted root is there. It is asked for every ten minutes.',
  INTERNAL: 'It was logged for the operator of this Muster. Trying again may help.',
};

/** @returns undefined where the detail says it all */
export function adviceFor(code: string): string | undefined {
  return ADVICE[code];
}

/** What is said about a merge rests on this. */
export type Told = Pick<RunMergeView, 'state' | 'missing' | 'arrived' | 'overdue'> &
  Partial<Pick<MergeView, 'code' | 'reason'>>;

/** What a merge is waiting for, in a sentence. */
export function explain({ state, missing, arrived, overdue, reason }: Told): string {
  if (state === 'waiting' && missing === null) return 'Nobody has said which legs make it complete.';
  if (state === 'waiting') {
    const legs = joinWords(missing ?? []);
    if (overdue) return `${legs} should have arrived by now.`;
    return arrived.length === 0
      ? `Nothing has arrived yet; it needs ${legs}.`
      : `${joinWords(arrived)} has arrived; ${legs} is still missing.`;
  }
  if (state === 'superseded') return 'A newer run holds every one of its tags. Its images are there by digest, signed.';
  if (state === 'cancelled') return 'The run was cancelled before this was published. A newer attempt goes on with it.';
  if (state === 'merging') return 'Its steps are under way.';
  return reason === undefined ? '' : sentence(reason);
}

/** What somebody should do about a merge; undefined where nobody has to. */
export function adviseMerge({ state, missing, overdue, code }: Told): string | undefined {
  if (state === 'needs_token')
    return 'Call finish for this run from a job in the workflow that the policy admits, with id-token: write; or run that job again.';
  if (overdue)
    return 'Look at that build job. Its report completes the merge, however late; re-running the failed jobs is enough.';
  if (state === 'waiting' && missing === null) return 'Send expect with a report, or a plan for the run.';
  if (state === 'retrying') return 'Muster goes on by itself.';
  return code === undefined ? undefined : ADVICE[code];
}
