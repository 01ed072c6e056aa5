/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 413,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
} as const;

export type RegistryErrorCode = keyof typeof STATUS;

/** A refusal, as the registry answers it. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RegistryErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  /** A HEAD has no body. */
  render(method: string): Response {
    const body = JSON.stringify({ errors: [{ code: this.code, message: this.message }] });
    const headers = { 'Content-Type': 'application/json', ...this.headers };
    return new Response(method === 'HEAD' ? null : body, { status: STATUS[this.code], headers });
  }
}
