import { listInFallbackTags } from '../signing/attach-bundle.ts';
import type { StepContext, StepResults, Target } from '../types.ts';
import { attachmentOf } from './attach.ts';

/**
 * Makes the bundle discoverable where the registry keeps no list of referrers: in the fallback tags, each read again
 * under its lock.
 *
 * Safe to repeat: {@link listInFallbackTags} is.
 */
export async function listBundle(context: StepContext, target: Target): Promise<StepResults['list']> {
  if (context.targetResult('attach', target).api) return { written: 0 };
  return { written: await listInFallbackTags(attachmentOf(context, target), context.locks) };
}
