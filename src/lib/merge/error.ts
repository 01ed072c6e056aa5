import { CodedError } from '../error.ts';

export type MergeErrorCode =
  | 'ARRIVAL_CONFLICT'
  | 'ARRIVAL_PENDING'
  | 'EXPECT_CONFLICT'
  | 'NOT_PLANNED'
  | 'SOURCE_NOT_FOUND'
  | 'SOURCE_GONE'
  | 'PLATFORM_MISMATCH'
  | 'PLATFORM_TAG_UNKNOWN'
  | 'INDEX_UNSUPPORTED'
  | 'TAG_CONTESTED'
  | 'TARGET_REFUSED'
  | 'NO_TARGET'
  | 'NOT_A_TARGET'
  | 'NEEDS_TOKEN'
  | 'SELF_VERIFICATION_FAILED'
  | 'TOO_MANY_SUBJECTS';

/** What keeps a merge from going on. */
export class MergeError extends CodedError<MergeErrorCode> {}
