import type { StepResults } from './types.ts';

/** Whether a tag was left alone because it would have lost a platform. */
export function hasHeld({ tags }: StepResults['tag']): boolean {
  return tags.some(({ state }) => state === 'held');
}
