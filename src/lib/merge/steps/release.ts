import { OciError } from '../../oci/error.ts';
import { hasHeld } from '../held.ts';
import { nameOf } from '../images/source.ts';
import type { StepContext, StepResults } from '../types.ts';
import { lookAtAnchors } from './inspect.ts';

/** What was seen of the anchors longer ago is looked at again, in milliseconds. */
const FRESH_MS = 10_000;

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
  const { seen_at, anchors } = context.result('inspect');
  const present = seen_at + FRESH_MS > context.services.now() ? anchors : await lookAtAnchors(context);
  const sources = new Map(used.flatMap(({ source }) => (source ? [[nameOf(source), source] as const] : [])));
  const released = await Promise.all(
    present.map(async ({ repository, tag }) => {
      try {
        return (await sources.get(repository)?.deleteTag(tag)) === 'deleted' ? 1 : 0;
      } catch (error) {
        if (error instanceof OciError) return 0;
        throw error;
      }
    }),
  );
  return { released: released.reduce<number>((sum, count) => sum + count, 0) };
}
