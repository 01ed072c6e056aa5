import { CodedError } from '../error.ts';

/** Why a signature does not hold; `SIGNATURE_MISSING` and `SIGNATURE_LEGACY` come from looking for one. */
export type VerdictCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_LEGACY'
  | 'SIGNATURE_INVALID'
  | 'SUBJECT_MISMATCH'
  | 'ISSUER_MISMATCH'
  | 'IDENTITY_MISMATCH'
  | 'SIGNED_BEFORE_CUTOFF'
  | 'PREDICATE_UNEXPECTED'
  | 'BUNDLE_MALFORMED';

export type SigstoreErrorCode =
  | VerdictCode
  | 'ARTIFACT_REQUIRED'
  | 'ROOT_INVALID'
  | 'SIGNING_CONFIG_INVALID'
  | 'POLICY_INVALID'
  | 'CERTIFICATE_REFUSED'
  | 'TIMESTAMP_REFUSED'
  | 'LOG_REFUSED';

/** Signing or verification ended without a signature that holds. Never carries a token or a key. */
export class SigstoreError extends CodedError<SigstoreErrorCode> {}
