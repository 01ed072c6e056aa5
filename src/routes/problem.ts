import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CodedError } from '../lib/error.ts';

/** A refusal with its own status; `extra` is added to the problem's members. */
export class ProblemError extends CodedError {
  readonly status: number;
  readonly extra: object;

  constructor(status: number, code: string, detail: string, extra: object = {}) {
    super(code, detail);
    this.status = status;
    this.extra = extra;
  }
}

/** The one place that turns an error code into a status; a code that is not here is a peer's failure, 502. */
const STATUS: Readonly<Record<string, number>> = {
  INTERNAL: 500,
  CONFIG_INVALID: 500,
  NOT_FOUND: 404,
  BODY_INVALID: 400,
  REGISTRY_NOT_ALLOWED: 403,
  IMAGE_NOT_FOUND: 404,
  PLATFORM_NOT_FOUND: 404,
  BUDGET_EXHAUSTED: 503,
  TOKEN_INVALID: 401,
  SIGSTORE_TOKEN_INVALID: 401,
  ISSUER_UNAVAILABLE: 503,
  DIGEST_INVALID: 400,
  REFERENCE_INVALID: 400,
  POLICY_INVALID: 400,
  ROOT_INVALID: 400,
  ARTIFACT_REQUIRED: 400,
  PLATFORM_TAG_UNKNOWN: 400,
  ARRIVAL_CONFLICT: 409,
  EXPECT_CONFLICT: 409,
  NOT_PLANNED: 409,
  NEEDS_TOKEN: 409,
  SOURCE_NOT_FOUND: 422,
  SOURCE_GONE: 422,
  PLATFORM_MISMATCH: 422,
  INDEX_UNSUPPORTED: 422,
  TARGET_REFUSED: 422,
  NO_TARGET: 422,
  NARROWER: 422,
  TAG_INVALID: 422,
  TAG_RULE_INVALID: 500,
  FLAVOR_INVALID: 400,
  IMAGE_INVALID: 400,
  LABEL_INVALID: 500,
  TAG_CONTESTED: 503,
  TOO_MANY_SUBJECTS: 422,
  SELF_VERIFICATION_FAILED: 422,
  TRUST_ROOT_EXPIRED: 503,
  TRUST_ROOT_UNAVAILABLE: 503,
  PEER_TIMEOUT: 503,
  PEER_UNREACHABLE: 503,
  PEER_BUSY: 503,
  PEER_FAILED: 503,
  CALLS_SPENT: 503,
  BODY_TRUNCATED: 503,
};

export function statusOfCode(code: string): number {
  return STATUS[code] ?? 502;
}

/** Seconds after which a retry helps, where the peer did not say. */
const RETRY_AFTER_S = 5;

/** Answers with a problem document. @see https://www.rfc-editor.org/rfc/rfc9457 */
export function renderProblem(
  c: Context,
  status: number,
  code: string,
  detail: string,
  extra: object = {},
  retryAfterMs?: number,
): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (status === 503) c.header('Retry-After', String(Math.ceil((retryAfterMs ?? RETRY_AFTER_S * 1000) / 1000)));
  const body = { type: 'about:blank', title: code, status, code, detail, ...extra };
  return c.json(body, status as ContentfulStatusCode, { 'Content-Type': 'application/problem+json' });
}

/** A refusal, however it is rendered. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly extra?: object;
  readonly retryAfterMs?: number | undefined;
}

/** What an error is to the caller; one without a code is logged, and says nothing. */
export function describeError(error: Error, path: string): Problem {
  if (error instanceof CodedError) {
    const { code, message: detail, retryAfterMs } = error;
    if (error instanceof ProblemError) return { status: error.status, code, detail, extra: error.extra, retryAfterMs };
    return { status: statusOfCode(code), code, detail, retryAfterMs };
  }
  console.error(JSON.stringify({ at: 'route', path, problem: error.message, stack: error.stack }));
  return { status: statusOfCode('INTERNAL'), code: 'INTERNAL', detail: 'an unexpected error; it was logged' };
}

/** Every error that a route throws ends here. */
export function renderError(error: Error, c: Context): Response {
  const { status, code, detail, extra, retryAfterMs } = describeError(error, c.req.path);
  return renderProblem(c, status, code, detail, extra, retryAfterMs);
}
