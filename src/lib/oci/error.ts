import { CodedError } from '../error.ts';

export type OciErrorCode =
  | 'DIGEST_INVALID'
  | 'REFERENCE_INVALID'
  | 'MANIFEST_INVALID'
  | 'DIGEST_MISMATCH'
  | 'CHALLENGE_INVALID'
  | 'REALM_REFUSED'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'UNEXPECTED_STATUS'
  | 'CREDENTIALS_INVALID'
  | 'LINK_INVALID'
  | 'REDIRECT_INVALID'
  | 'UPLOAD_LOST';

/** A registry, or what it answered, is not as the distribution specification has it. */
export class OciError extends CodedError<OciErrorCode> {}
