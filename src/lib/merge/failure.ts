import { CodedError, messageOf } from '../error.ts';
import type { Failure } from './flow.ts';
import type { Services } from './types.ts';

/** Pauses between tries of a step double from this, up to ten minutes. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 600_000;

/** Codes of refusals that a person must mend: trying again by itself would only repeat them. */
const FINAL = new Set([
  'DENIED',
  'UNAUTHORIZED',
  'REALM_REFUSED',
  'CREDENTIALS_INVALID',
  'INDEX_UNSUPPORTED',
  'SOURCE_GONE',
  'SELF_VERIFICATION_FAILED',
  'NEEDS_TOKEN',
  'TAG_INVALID',
  'NO_TARGET',
]);

/** What bytes that were spoilt on their way can come to as well: a few more tries tell. */
const SPOILT = new Set(['DIGEST_MISMATCH', 'MANIFEST_INVALID']);
const SPOILT_TRIES = 5;

/** How a failed step goes on: after a pause, or not by itself. Anything unknown is tried again. */
export function failureOf(error: unknown, tries: number, services: Pick<Services, 'now' | 'caller'>): Failure {
  const code = error instanceof CodedError ? error.code : 'INTERNAL';
  const detail = error instanceof CodedError ? error.message : 'an unexpected error; see the log';
  if (FINAL.has(code) || (SPOILT.has(code) && tries >= SPOILT_TRIES))
    return { code: code === 'DENIED' || code === 'UNAUTHORIZED' ? 'TARGET_REFUSED' : code, detail, tries };
  // The work is not at fault: the next invocation goes on at once.
  if (code === 'CALLS_SPENT') return { code, detail, tries: tries - 1, retry_at: services.now() };
  const asked = error instanceof CodedError ? error.retryAfterMs : undefined;
  const backoff = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + services.caller.random() / 2);
  return {
    code,
    detail: detail || messageOf(error),
    tries,
    retry_at: services.now() + Math.min(LONGEST_PAUSE_MS, asked ?? backoff),
  };
}
