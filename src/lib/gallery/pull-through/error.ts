import { CodedError } from '../../error.ts';

/** As the distribution specification and its reference implementation name them, but for an endpoint that is none. */
export type PullThroughErrorCode =
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'BLOB_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'ENDPOINT_UNKNOWN';

/**
 * A request that the pull-through does not serve, whoever is upstream.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export class PullThroughError extends CodedError<PullThroughErrorCode> {}
