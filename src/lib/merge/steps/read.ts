import type { Descriptor } from '../../oci/descriptor.ts';
import { buildIndex } from '../../oci/image-index.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { isIndexType } from '../../oci/media-types.ts';
import { annotationsOf } from '../annotations.ts';
import { toBase64 } from '../base64.ts';
import { MergeError } from '../error.ts';
import { findManifest, placesOf } from '../source.ts';
import type { StepContext, StepResults } from '../types.ts';

/**
 * Builds the index over the legs, in the order of their digests, as the seed's shell glob gave them to
 * `buildx imagetools create`. One leg that is an index is published byte for byte, unless annotations are asked for.
 *
 * Safe to repeat: it writes nothing, and the same legs give the same bytes.
 */
export async function readSources(context: StepContext): Promise<StepResults['read']> {
  const legs = [...context.record.arrivals].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const [only] = legs;
  const annotations = annotationsOf(context.project, context.record, context.tags[0] ?? '');
  const index =
    legs.length === 1 && only && isIndexType(only.media_type) && annotations.length === 0
      ? await pullLeg(context, only.digest)
      : await buildIndex(unique(legs.flatMap((leg) => leg.descriptors)), annotations);
  const parsed = parseManifest(index);
  const children = parsed.kind === 'index' ? parsed.manifests : [];
  return { bytes: toBase64(index.bytes), digest: index.digest, media_type: index.mediaType, children };
}

async function pullLeg(context: StepContext, digest: Descriptor['digest']) {
  const found = await findManifest(placesOf(context.targets), digest);
  if (!found) throw new MergeError('SOURCE_GONE', `${digest} is in no configured repository any more; build it again`);
  return found.manifest;
}

/**
 * A digest seen twice is one descriptor, in the first one's place; a later platform and later annotations win.
 *
 * @see https://github.com/docker/buildx/blob/v0.38.2/util/imagetools/create.go
 */
function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  const found = new Map<Descriptor['digest'], Descriptor>();
  for (const later of descriptors) {
    const first = found.get(later.digest);
    found.set(later.digest, first ? combine(first, later) : later);
  }
  return [...found.values()];
}

function combine(first: Descriptor, { platform = first.platform, annotations }: Descriptor): Descriptor {
  const both = { ...first.annotations, ...annotations };
  return {
    ...first,
    ...(platform ? { platform } : {}),
    ...(Object.keys(both).length > 0 ? { annotations: both } : {}),
  };
}
