import { OciError } from '../../oci/error.ts';
import { anchorTag } from '../arrival.ts';
import { hasHeld } from '../held.ts';
import type { StepContext, StepResults } from '../types.ts';

/**
 * Removes the anchors of this merge: exactly its own tags, and only while they hold what was anchored. Where a tag was
 * held back, the merge may still need them.
 *
 * Safe to repeat: a tag that is gone is gone. A registry that refuses leaves its anchors to the scheduled cleanup; it
 * never fails a merge.
 */
export async function releaseAnchors(context: StepContext): Promise<StepResults['release']> {
  const used = context.targets.filter(({ skipped }) => skipped === undefined);
  const isHeld = used.some((target) => hasHeld(context.targetResult('tag', target)));
  if (context.project.shadow || isHeld) return { released: 0 };
  const { record } = context;
  const sources = context.targets.flatMap(({ source, skipped }) => (source && skipped === undefined ? [source] : []));
  const released = await Promise.all(
    sources.flatMap((source) =>
      record.arrivals.map(async ({ platform_tag, digest }) => {
        const tag = anchorTag(record.subject.run_id, record.tag_suffix, platform_tag);
        try {
          if ((await source.headManifest(tag))?.digest !== digest) return 0;
          return (await source.deleteTag(tag)) === 'deleted' ? 1 : 0;
        } catch (error) {
          if (error instanceof OciError) return 0;
          throw error;
        }
      }),
    ),
  );
  return { released: released.reduce<number>((sum, count) => sum + count, 0) };
}
