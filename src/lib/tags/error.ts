import { CodedError } from '../error.ts';

export type TagErrorCode = 'TAG_RULE_INVALID' | 'FLAVOR_INVALID' | 'IMAGE_INVALID' | 'LABEL_INVALID' | 'TAG_INVALID';

/** A tag rule, a flavor, an image, a label or a resulting tag that cannot be used. */
export class TagError extends CodedError<TagErrorCode> {}
