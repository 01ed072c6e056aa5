import { areListed, verifyPublished } from '../../gallery/verify-published.ts';
import { MergeError } from '../error.ts';
import { nameOf } from '../images/source.ts';
import { layerOf } from '../signing/attach-bundle.ts';
import type { StepContext, StepResults, Target } from '../types.ts';

/** How long a list is asked again, and how often, in milliseconds. */
const LIST_PATIENCE_MS = 90_000;
const LIST_PAUSE_MS = 5_000;

/**
 * Reads back what is now in the registry and applies the policy that clients apply.
 *
 * Safe to repeat: it writes nothing.
 *
 * @throws {MergeError} SELF_VERIFICATION_FAILED, and no tag moves
 */
export async function verifyTarget(context: StepContext, target: Target): Promise<StepResults['verify']> {
  const { digest, children } = context.result('read');
  const { bundles, api } = context.targetResult('attach', target);
  const published = await verifyPublished({
    repository: target.repository,
    index: digest,
    children: children.map((child) => child.digest),
    policy: context.services.policy(context.project.policy),
    trust: await context.services.trust(),
    bundles,
    layer: await layerOf(context.result('sign').bundle),
    // Fallback tags were read again as they were written.
    asksLists: api,
    verified: context.verified,
  });
  if (!published.ok) {
    throw new MergeError(
      'SELF_VERIFICATION_FAILED',
      `${nameOf(target.repository)}@${digest}: ${published.code}: ${published.detail}`,
    );
  }
  return { discoverable: published.discoverable || (await isListedSoon(context, target)) };
}

/** A list may be kept for up to a minute, as Quay's is: it is asked again for a while. */
async function isListedSoon({ services, targetResult }: StepContext, target: Target): Promise<boolean> {
  const { bundles } = targetResult('attach', target);
  for (const until = services.now() + LIST_PATIENCE_MS; services.now() < until; ) {
    await services.caller.sleep(LIST_PAUSE_MS);
    if (await areListed(target.repository, bundles)) return true;
  }
  return false;
}
