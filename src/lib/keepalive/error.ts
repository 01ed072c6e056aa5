import { CodedError } from '../error.ts';

export type KeepaliveErrorCode = 'QUAY_REFUSED' | 'QUAY_UNEXPECTED';

/** Quay's own API, which is not the distribution specification's, does not do what was asked. */
export class KeepaliveError extends CodedError<KeepaliveErrorCode> {}
