import { CodedError } from './error.ts';

export type HttpErrorCode =
  | 'PEER_TIMEOUT'
  | 'PEER_UNREACHABLE'
  | 'PEER_BUSY'
  | 'PEER_FAILED'
  | 'CALLS_SPENT'
  | 'BODY_TOO_LARGE'
  | 'BODY_TRUNCATED';

/** A call to something outside that failed in a way which a later try may mend. */
export class HttpError extends CodedError<HttpErrorCode> {}
