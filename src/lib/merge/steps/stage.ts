import { uploadBundle } from '../signing/attach-bundle.ts';
import type { StepContext, StepResults, Target } from '../types.ts';

/**
 * Uploads the bundle to a target, while the image may still be on its way there.
 *
 * Safe to repeat: a blob is its digest.
 */
export async function stageBundle(context: StepContext, { repository }: Target): Promise<StepResults['stage']> {
  return { size: await uploadBundle(repository, context.result('sign').bundle) };
}
