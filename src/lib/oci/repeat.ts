import { HttpError } from '../http-error.ts';

const BODY_TRIES = 3;

/** A body that breaks off is asked for again: reading is safe to repeat. */
export async function repeatTruncated<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isTruncated(error) || tries >= BODY_TRIES) throw error;
    }
  }
}

/** Whether a body broke off. */
export function isTruncated(error: unknown): boolean {
  return error instanceof HttpError && error.code === 'BODY_TRUNCATED';
}
