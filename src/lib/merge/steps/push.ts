import { fromBase64 } from '../base64.ts';
import { copyManifest, placesOf } from '../source.ts';
import type { StepContext, StepResults, Target } from '../types.ts';

/** A chunk of a blob copied between registries, in bytes. */
const CHUNK_BYTES = 32 * 1024 * 1024;

/**
 * Puts the legs, then the index over them, into a target, all by digest.
 *
 * Safe to repeat: what is there is left alone, and a digest names the same bytes each time.
 */
export async function pushImage(context: StepContext, target: Target): Promise<StepResults['push']> {
  const { bytes, digest, media_type, children } = context.result('read');
  const places = placesOf(context.targets);
  const copied = await Promise.all(
    children.map((child) => copyManifest(child.digest, target.repository, places, CHUNK_BYTES)),
  );
  await target.repository.pushManifest(digest, { bytes: fromBase64(bytes), mediaType: media_type });
  return { copied: copied.reduce((sum, count) => sum + count, 0) };
}
