import { toBase64 } from '../../base64.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { buildIndex } from '../../oci/image-index.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import { isIndexType } from '../../oci/media-types.ts';
import { annotationsOf } from '../annotations.ts';
import { MergeError } from '../error.ts';
import { findManifest, placesOf } from '../images/source.ts';
import type { StepContext, StepResults } from '../types.ts';

/**
 * Finds what is published: the index over the legs, or the one leg that is an index.
 *
 * Safe to repeat: it writes nothing, and the same legs give the same bytes.
 */
export async function readSources(context: StepContext): Promise<StepResults['read']> {
  const index = (await buildMergedIndex(context)) ?? (await pullLeg(context));
  return {
    bytes: toBase64(index.bytes),
    digest: index.digest,
    media_type: index.mediaType,
    children: childrenOf(index),
  };
}

/**
 * Builds the index over the legs, in the order of their digests, as the seed's shell glob gave them to
 * `buildx imagetools create`.
 *
 * @returns undefined where one leg that is an index is published byte for byte: no annotations are asked for
 */
export async function buildMergedIndex({
  record,
  project,
  tags,
}: Pick<StepContext, 'record' | 'project' | 'tags'>): Promise<RawManifest | undefined> {
  const legs = [...record.arrivals].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const annotations = annotationsOf(project, record, tags[0] ?? '');
  const [only] = legs;
  if (legs.length === 1 && only && isIndexType(only.media_type) && annotations.length === 0) return undefined;
  return buildIndex(unique(legs.flatMap((leg) => leg.descriptors)), annotations);
}

/** What an index names. */
export function childrenOf(index: RawManifest): readonly Descriptor[] {
  const parsed = parseManifest(index);
  return parsed.kind === 'index' ? parsed.manifests : [];
}

async function pullLeg({ targets, record }: StepContext): Promise<RawManifest> {
  const [leg] = record.arrivals;
  const found = leg && (await findManifest(placesOf(targets), leg.digest));
  if (!found) {
    const detail = `${leg?.digest} is in no configured repository any more; build ${leg?.platform_tag} again`;
    throw new MergeError('SOURCE_GONE', detail);
  }
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
