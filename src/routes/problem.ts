import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ConfigErrorCode } from '../lib/config.ts';
import { CodedError, type CodedErrorOptions } from '../lib/error.ts';
import type { AuditErrorCode } from '../lib/gallery/audit/error.ts';
import type { GalleryErrorCode } from '../lib/gallery/error.ts';
import type { IdTokenErrorCode } from '../lib/github/error.ts';
import type { HttpErrorCode } from '../lib/http-error.ts';
import type { KeepaliveErrorCode } from '../lib/keepalive/error.ts';
import type { MergeErrorCode } from '../lib/merge/error.ts';
import type { OciErrorCode } from '../lib/oci/error.ts';
import type { RunErrorCode } from '../lib/runs/error.ts';
import type { SigstoreErrorCode, VerdictCode } from '../lib/sigstore/error.ts';
import type { TagErrorCode } from '../lib/tags/error.ts';
import type { TrustErrorCode } from '../lib/trust/error.ts';

/** A refusal with its own status; `extra` is added to the problem's members. */
export class ProblemError extends CodedError {
  readonly status: number;
  readonly extra: object;

  constructor(status: number, code: string, detail: string, extra: object = {}, options: CodedErrorOptions = {}) {
    super(code, detail, options);
    this.status = status;
    this.extra = extra;
  }
}

/** Every code that may reach a caller; those of verdicts and of the pull-through have answers of their own. */
type Code =
  | 'INTERNAL'
  | 'NARROWER'
  | 'NOT_FOUND'
  | AuditErrorCode
  | ConfigErrorCode
  | GalleryErrorCode
  | HttpErrorCode
  | IdTokenErrorCode
  | KeepaliveErrorCode
  | MergeErrorCode
  | OciErrorCode
  | RunErrorCode
  | Exclude<SigstoreErrorCode, VerdictCode>
  | TagErrorCode
  | TrustErrorCode;

/** The one place that turns an error code into a status: without one here, a new code does not compile. */
const STATUS: Readonly<Record<Code, ContentfulStatusCode>> = {
  // Ours.
  INTERNAL: 500,
  CONFIG_INVALID: 500,
  CREDENTIALS_INVALID: 500,
  TAG_RULE_INVALID: 500,
  LABEL_INVALID: 500,
  SIGNING_CONFIG_INVALID: 500,
  // The caller's.
  BODY_INVALID: 400,
  DIGEST_INVALID: 400,
  REFERENCE_INVALID: 400,
  POLICY_INVALID: 400,
  ROOT_INVALID: 400,
  ARTIFACT_REQUIRED: 400,
  PLATFORM_TAG_UNKNOWN: 400,
  FLAVOR_INVALID: 400,
  IMAGE_INVALID: 400,
  TOKEN_INVALID: 401,
  REGISTRY_NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  IMAGE_NOT_FOUND: 404,
  PLATFORM_NOT_FOUND: 404,
  ARRIVAL_CONFLICT: 409,
  EXPECT_CONFLICT: 409,
  NOT_PLANNED: 409,
  NEEDS_TOKEN: 409,
  SOURCE_NOT_FOUND: 422,
  SOURCE_GONE: 422,
  PLATFORM_MISMATCH: 422,
  INDEX_UNSUPPORTED: 422,
  NARROWER: 422,
  TARGET_REFUSED: 422,
  NO_TARGET: 422,
  NOT_A_TARGET: 422,
  TAG_INVALID: 422,
  TOO_MANY_SUBJECTS: 422,
  SELF_VERIFICATION_FAILED: 422,
  // A peer's, which a later try may mend.
  ARRIVAL_PENDING: 503,
  AUDIT_PENDING: 503,
  BUDGET_EXHAUSTED: 503,
  BODY_TRUNCATED: 503,
  CALLS_SPENT: 503,
  GALLERY_UNAVAILABLE: 503,
  ISSUER_UNAVAILABLE: 503,
  PEER_BUSY: 503,
  PEER_FAILED: 503,
  PEER_TIMEOUT: 503,
  PEER_UNREACHABLE: 503,
  TAG_CONTESTED: 503,
  TRUST_ROOT_EXPIRED: 503,
  TRUST_ROOT_UNAVAILABLE: 503,
  // A peer's, which it will not.
  BODY_TOO_LARGE: 502,
  CERTIFICATE_REFUSED: 502,
  CHALLENGE_INVALID: 502,
  DENIED: 502,
  DIGEST_MISMATCH: 502,
  GALLERY_INVALID: 502,
  GALLERY_TOO_LARGE: 502,
  LINK_INVALID: 502,
  LOG_REFUSED: 502,
  MANIFEST_INVALID: 502,
  QUAY_REFUSED: 502,
  QUAY_UNEXPECTED: 502,
  REALM_REFUSED: 502,
  REDIRECT_INVALID: 502,
  TIMESTAMP_REFUSED: 502,
  UNAUTHORIZED: 502,
  UNEXPECTED_STATUS: 502,
  UNSUPPORTED: 502,
  UPLOAD_LOST: 502,
};

/** Of a code as it is, or as it came by RPC. */
export function statusOfCode(code: string): ContentfulStatusCode {
  return code in STATUS ? STATUS[code as Code] : 502;
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
