import { fromBase64 } from '../../base64.ts';
import type { Digest } from '../../oci/digest.ts';
import { copyImages } from '../images/copy-image.ts';
import { placesOf } from '../images/source.ts';
import type { MergeRecord, StepContext, StepResults, Target } from '../types.ts';

/**
 * Puts the legs, then the index over them, into a target, all by digest.
 *
 * Safe to repeat: what is there is left alone, a digest names the same bytes each time, and a large blob goes on where
 * its upload stopped.
 */
export async function pushImage(context: StepContext, target: Target): Promise<StepResults['push']> {
  const { bytes, digest, media_type, children } = context.result('read');
  const copied = await copyImages(
    children.map((child) => ({ digest: child.digest, leg: legOf(context.record, child.digest) })),
    {
      into: target.repository,
      places: placesOf(context.targets),
      chunkBytes: context.services.copyChunkBytes,
      uploads: context.uploads,
      presence: context.presence,
    },
  );
  await target.repository.pushManifest(digest, { bytes: fromBase64(bytes), mediaType: media_type });
  return { copied };
}

/** The platform tag of the leg that brought a manifest. */
function legOf({ arrivals }: MergeRecord, digest: Digest): string {
  const leg = arrivals.find((arrival) => arrival.descriptors.some((descriptor) => descriptor.digest === digest));
  return leg?.platform_tag ?? 'it';
}
