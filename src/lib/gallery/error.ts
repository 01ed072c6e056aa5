import { CodedError } from '../error.ts';

export type GalleryErrorCode =
  | 'BODY_INVALID'
  | 'POLICY_INVALID'
  | 'REGISTRY_NOT_ALLOWED'
  | 'IMAGE_NOT_FOUND'
  | 'PLATFORM_NOT_FOUND'
  | 'BUDGET_EXHAUSTED';

/** A request for a verdict that ends without one. */
export class GalleryError extends CodedError<GalleryErrorCode> {}
