import { CodedError, messageOf } from '../lib/error.ts';
import type { PullThroughErrorCode } from '../lib/gallery/pull-through/error.ts';
import type { Flaw } from '../lib/gallery/pull-through/gatekeeper.ts';

const STATUS = {
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  BLOB_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  ENDPOINT_UNKNOWN: 404,
} as const satisfies Record<PullThroughErrorCode, number>;

/** Where another try may help; the registry upstream, or our trusted root, is not well. */
const TRANSIENT = new Set([
  'PEER_TIMEOUT',
  'PEER_UNREACHABLE',
  'PEER_FAILED',
  'BODY_TRUNCATED',
  'BUDGET_EXHAUSTED',
  'TRUST_ROOT_EXPIRED',
  'TRUST_ROOT_UNAVAILABLE',
  'ROOT_INVALID',
  'OVERLOADED',
]);
const RETRY_AFTER_MS = 5_000;

/** What went wrong, wherever it was thrown: a Durable Object hands it on as a value. */
export interface Failure {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterMs?: number | undefined;
}

/** What nobody foresaw is logged, and says nothing to the client; an object that has too much to do may be asked again. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CodedError) return { code: error.code, detail: error.message, retryAfterMs: error.retryAfterMs };
  console.error(JSON.stringify({ at: 'pull-through', problem: messageOf(error) }));
  return isOverload(error)
    ? { code: 'OVERLOADED', detail: 'too many requests at a time' }
    : { code: 'INTERNAL', detail: 'an unexpected error; it was logged' };
}

/** @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
function isOverload(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { overloaded, retryable } = error as Error & { readonly overloaded?: boolean; readonly retryable?: boolean };
  return overloaded === true || retryable === true;
}

/**
 * An error in the registry's format.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function renderFailure({ code, detail, retryAfterMs = RETRY_AFTER_MS }: Failure): Response {
  const after = { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
  // The specification's word for it; a registry upstream may say the same, and mean itself.
  if (code === 'ENDPOINT_UNKNOWN') return respond(STATUS[code], 'UNSUPPORTED', detail);
  if (isOwnCode(code)) return respond(STATUS[code], code, detail);
  // To somebody without credentials a private repository looks like none.
  if (code === 'UNAUTHORIZED' || code === 'DENIED')
    return respond(404, 'NAME_UNKNOWN', 'the repository is not there, or not public');
  if (code === 'PEER_BUSY') return respond(429, 'TOOMANYREQUESTS', 'the registry upstream asks for patience', after);
  if (TRANSIENT.has(code)) return respond(503, 'UNAVAILABLE', detail, after, { code });
  if (code === 'INTERNAL') return respond(500, 'UNKNOWN', detail, {}, { code });
  return respond(502, 'UNKNOWN', `the registry upstream: ${detail}`, {}, { code });
}

/** Too many requests of one client. */
export function renderTooMany(retryAfterMs: number): Response {
  const after = { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
  return respond(429, 'TOOMANYREQUESTS', 'too many requests from this address', after);
}

/** Why a manifest is not served: its verdict. */
export function renderRefusal({ code, detail }: Flaw): Response {
  return respond(403, 'DENIED', `${code}: ${detail}`, { 'Muster-Verdict': code }, { code, detail });
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.17 */
export function renderRangeInvalid(size: number): Response {
  return respond(416, 'RANGE_INVALID', `the blob has ${size} bytes`, { 'Content-Range': `bytes */${size}` });
}

/** Only reading is served. */
export function renderReadOnly(): Response {
  return respond(405, 'UNSUPPORTED', 'this registry is read-only', { Allow: 'GET, HEAD' });
}

function isOwnCode(code: string): code is PullThroughErrorCode {
  return code in STATUS;
}

function respond(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
  detail?: object,
): Response {
  return Response.json({ errors: [{ code, message, ...(detail ? { detail } : {}) }] }, { status, headers });
}
