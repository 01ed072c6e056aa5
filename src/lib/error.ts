/**
 * The base of every error this project throws on purpose.
 *
 * Each folder of `src/lib` has one subclass with a union of codes: the union is the contract, and
 * `src/routes/problem.ts` maps each code to an HTTP status. Messages may reach users and logs, so
 * they never carry a token, a key, a password or a query string.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  /** How long to wait before trying again helps, in milliseconds; absent where the peer did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface CodedErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterMs?: number | undefined;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
