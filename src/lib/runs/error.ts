import { CodedError } from '../error.ts';

export type RunErrorCode = 'NOT_PLANNED';

/** A run does not take what came. */
export class RunError extends CodedError<RunErrorCode> {}
