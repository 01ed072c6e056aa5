import { CodedError } from '../../error.ts';
import type { Now } from '../../http.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Repository } from '../../oci/repository.ts';
import { type Attached, isBundle, isRunnable, pullAttached } from './attached.ts';
import type { StoredVerdict, VerifiedStore } from './store.ts';

/** As old as the lists of Quay may be. */
const LIST_MS = 60_000;

export interface ReferrerListsOptions {
  readonly repository: Repository;
  readonly store: VerifiedStore;
  readonly now: Now;
}

/**
 * Lists who refers to a manifest that may be served: the bundle that passed first, since some verifiers read only the
 * first one; no other bundle, and nothing that runs; then the rest in the registry's order. Kept for a minute.
 *
 * Where nothing passed, and yet the manifest is served, the list is the registry's.
 *
 * @throws {OciError} {HttpError} where the registry cannot be read and there is nothing kept
 */
export async function listReferrers(
  { repository, store, now }: ReferrerListsOptions,
  subject: Digest,
  { referrer }: StoredVerdict,
): Promise<readonly Descriptor[]> {
  const kept = store.referrersOf(subject);
  if (kept && now() - kept.listedAt < LIST_MS) return kept.descriptors;
  const passing = kept?.descriptors.find(({ digest }) => digest === referrer);
  let attached: Attached[];
  try {
    attached = await pullAttached(repository, subject);
  } catch (error) {
    if (!(error instanceof CodedError) || !passing) throw error;
    return kept?.descriptors ?? [];
  }
  const others = attached.filter(
    (one) => one.raw.digest !== referrer && (referrer === undefined || !(isBundle(one) || isRunnable(one.parsed))),
  );
  for (const { raw, parsed } of others) store.putManifest(raw, parsed);
  const descriptors = [...(passing ? [passing] : []), ...others.map(({ descriptor }) => descriptor)];
  store.putReferrers(subject, descriptors, now());
  return descriptors;
}
