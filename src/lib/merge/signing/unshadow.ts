import { type AttachedBundle, discoverBundles } from '../../gallery/discovery.ts';
import { createBundleReader, createJudge, type Judge } from '../../gallery/judge.ts';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import { OciError } from '../../oci/error.ts';
import type { Repository } from '../../oci/repository.ts';
import type { Policy } from '../../sigstore/policy.ts';
import type { TrustRootMaterial } from '../../sigstore/trusted-root.ts';
import { nameOf } from '../images/source.ts';
import type { Locks } from '../types.ts';

export interface Unshadowing {
  readonly repository: Repository;
  /** The manifests that attach the new bundle, by subject. */
  readonly bundles: Readonly<Record<string, Digest>>;
  /** Whether the registry lists referrers by itself. */
  readonly api: boolean;
  /** Today's. */
  readonly policy: Policy;
  /** Whom the project signed as, ever: what such a signature is on, the project may remove. */
  readonly own: Policy;
  readonly trust: TrustRootMaterial;
  readonly locks: Pick<Locks, 'detachReferrer'>;
}

/**
 * Removes from each subject the bundles that the project signed and today's policy refuses, where the registry can delete:
 * LocalAI's verifier reads the first one only. What others attached stays.
 *
 * @returns the first subject on which another bundle still comes first
 */
export async function unshadow(options: Unshadowing): Promise<string | undefined> {
  const { repository, policy, own, trust } = options;
  // A statement of another kind, as of provenance, is no signature: it is nobody's to remove.
  const judging = { repository, trust, requireCosignPredicate: true, read: createBundleReader(repository) };
  const [today, ours] = [createJudge({ ...judging, policy }), createJudge({ ...judging, policy: own })];
  let shadowed: string | undefined;
  for (const [name, bundle] of Object.entries(options.bundles)) {
    const subject = parseDigest(name);
    const { bundles } = await discoverBundles(repository, subject);
    let isBefore = true;
    for (const other of bundles) {
      if (other.manifest === bundle) isBefore = false;
      else if (!(await isStale(other, subject, today, ours)) || !(await remove(other.manifest, subject, options)))
        shadowed ??= isBefore ? subject : undefined;
    }
  }
  return shadowed;
}

async function isStale({ layer }: AttachedBundle, digest: Digest, today: Judge, ours: Judge): Promise<boolean> {
  return !(await today(layer, { digest })).ok && (await ours(layer, { digest })).ok;
}

/** @returns whether clients find it no more */
async function remove(
  referrer: Digest,
  subject: Digest,
  { repository, api, locks }: Pick<Unshadowing, 'repository' | 'api' | 'locks'>,
): Promise<boolean> {
  try {
    if (!api) await locks.detachReferrer(nameOf(repository), subject, referrer);
    await repository.deleteReferrer(referrer);
    return true;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    // Where the list is a tag, what it does not name is not found.
    return !api;
  }
}
