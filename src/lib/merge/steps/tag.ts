import { fromBase64 } from '../../base64.ts';
import { areListed } from '../../gallery/verify-published.ts';
import { imagePlatforms } from '../../oci/platform.ts';
import { nameOf } from '../images/source.ts';
import type { StepContext, StepResults, TagOutcome, Target } from '../types.ts';

/**
 * Lets the tags point at the verified index, each under its own lock.
 *
 * In shadow mode nothing moves: the answer says what each tag holds beside our index.
 * Safe to repeat: the lock knows what it wrote, and a tag never goes back to an older run.
 */
export async function moveTags(context: StepContext, target: Target): Promise<StepResults['tag']> {
  const { bytes, digest, media_type, children } = context.result('read');
  if (context.project.shadow) {
    const tags = await Promise.all(context.tags.map((tag) => compareTag(target, tag, digest)));
    return { tags, discoverable: context.targetResult('verify', target).discoverable };
  }
  const { subject, run_attempt, narrow } = context.record;
  const platforms = imagePlatforms(children);
  const tags = await Promise.all(
    context.tags.map((tag) =>
      context.locks.moveTag({
        repository: nameOf(target.repository),
        tag,
        is_latest: context.latestTags.includes(tag),
        digest,
        media_type,
        bytes: fromBase64(bytes),
        run_id: subject.run_id,
        run_attempt,
        ref: subject.ref,
        platforms,
        children: children.map((child) => child.digest),
        narrow,
      }),
    ),
  );
  const { discoverable } = context.targetResult('verify', target);
  // A list that did not show the bundle before gets one more look.
  return {
    tags,
    discoverable: discoverable || (await areListed(target.repository, context.targetResult('attach', target).bundles)),
  };
}

/** What a tag, which somebody else moves, holds beside our index. */
async function compareTag({ repository }: Target, tag: string, digest: string): Promise<TagOutcome> {
  const present = await repository.headManifest(tag);
  if (present?.digest === digest) return { name: tag, state: 'matches' };
  return { name: tag, state: 'differs', reason: present ? `it holds ${present.digest}` : 'it is not there' };
}
