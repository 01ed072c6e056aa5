import { CodedError } from '../error.ts';

export type IdTokenErrorCode = 'TOKEN_INVALID' | 'ISSUER_UNAVAILABLE';

/** An ID token that cannot be accepted, or an issuer whose keys cannot be had. Never carries the token. */
export class IdTokenError extends CodedError<IdTokenErrorCode> {}
