import { CodedError } from '../error.ts';

export type TrustErrorCode = 'TRUST_ROOT_EXPIRED' | 'TRUST_ROOT_UNAVAILABLE';

/** There is nothing that may be trusted now: nothing verifies, and nothing is signed, until there is. */
export class TrustError extends CodedError<TrustErrorCode> {}
