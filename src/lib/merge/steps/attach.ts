import { fromBase64 } from '../../base64.ts';
import { type Attachment, attachBundle } from '../signing/attach-bundle.ts';
import type { StepContext, StepResults, Target } from '../types.ts';

/**
 * Attaches the bundle to the index and each child.
 *
 * Safe to repeat: {@link attachBundle} is.
 */
export async function attachToTarget(context: StepContext, target: Target): Promise<StepResults['attach']> {
  return attachBundle(attachmentOf(context, target), context);
}

/** What is attached to what in a target, from the journal. */
export function attachmentOf(context: StepContext, { repository }: Target): Attachment {
  const { digest, media_type: mediaType, bytes, children } = context.result('read');
  const { bundle, signed_at: signedAt } = context.result('sign');
  const index = { mediaType, digest, size: fromBase64(bytes).byteLength };
  return { repository, subjects: [index, ...children], bundle, signedAt };
}
