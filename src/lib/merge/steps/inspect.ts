import { OciError } from '../../oci/error.ts';
import { anchorTag } from '../arrivals/arrival.ts';
import { nameOf } from '../images/source.ts';
import type { AnchorSeen, StepContext, StepResults } from '../types.ts';

/**
 * Sees which anchors still hold what was anchored, while the tags move: only those are removed.
 *
 * Safe to repeat: it writes nothing.
 */
export async function inspectAnchors(context: StepContext): Promise<StepResults['inspect']> {
  return { seen_at: context.services.now(), anchors: await lookAtAnchors(context) };
}

/** A registry that refuses leaves its anchors to the scheduled cleanup; it never fails a merge. */
export async function lookAtAnchors({ record, targets }: StepContext): Promise<readonly AnchorSeen[]> {
  const sources = targets.flatMap(({ source, skipped }) => (source && skipped === undefined ? [source] : []));
  const seen = await Promise.all(
    sources.flatMap((source) =>
      record.arrivals.map(async ({ platform_tag, digest }) => {
        const tag = anchorTag(record.subject.run_id, record.tag_suffix, platform_tag);
        try {
          const isOurs = (await source.headManifest(tag))?.digest === digest;
          return isOurs ? [{ repository: nameOf(source), tag }] : [];
        } catch (error) {
          if (error instanceof OciError) return [];
          throw error;
        }
      }),
    ),
  );
  return seen.flat();
}
