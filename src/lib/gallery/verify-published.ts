import { createGate } from '../http.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';
import type { VerdictCode } from '../sigstore/error.ts';
import type { Evidence } from '../sigstore/evidence.ts';
import type { Policy } from '../sigstore/policy.ts';
import type { TrustRootMaterial } from '../sigstore/trusted-root.ts';
import { bundleLayer, pullReferrer } from './discovery.ts';
import { createBundleReader, createJudge, type Judge, type VerifiedBundles, type VerifyBundle } from './judge.ts';

/** Subjects that are looked into side by side. */
const SUBJECTS_AT_ONCE = 8;

export interface PublishedOptions {
  readonly repository: Repository;
  readonly index: Digest;
  readonly children: readonly Digest[];
  readonly policy: Policy;
  readonly trust: TrustRootMaterial;
  /** The manifests that attach our bundle, by subject. */
  readonly bundles: Readonly<Record<string, Digest>>;
  /** The bundle as those manifests name it; absent: it is read once they were. */
  readonly layer?: Descriptor;
  /** Whether the registry's lists are asked for our bundle; default true. */
  readonly asksLists?: boolean;
  /** Bundles that passed under the same policy, trust and moment: the same bytes need no second look. */
  readonly verified?: VerifiedBundles;
  readonly verify?: VerifyBundle;
}

/** `discoverable`: whether every subject's list that was asked shows its bundle. */
export type Published =
  | { readonly ok: true; readonly evidence: Evidence; readonly discoverable: boolean }
  | { readonly ok: false; readonly code: VerdictCode; readonly detail: string };

/**
 * Reads back what was published for the index and each child, as a client would, and verifies it under the policy.
 *
 * A bundle that a list does not show yet is read by its digest: Quay may keep a list for a minute.
 *
 * @throws {OciError} {HttpError} where the registry gives no usable answer
 */
export async function verifyPublished(options: PublishedOptions): Promise<Published> {
  const { repository, policy, trust, index, children, bundles, layer, asksLists = true, verified, verify } = options;
  const read = createBundleReader(repository);
  // Read while its manifests are; whoever judges it sees what is wrong with it.
  if (layer) read(layer).catch(() => undefined);
  const judge = createJudge({
    repository,
    policy,
    trust,
    read,
    requireCosignPredicate: true,
    ...(verified ? { passed: verified } : {}),
    ...(verify ? { verify } : {}),
  });
  const gate = createGate(SUBJECTS_AT_ONCE);
  const checked = await Promise.all(
    [...new Set([index, ...children])].map((digest) =>
      gate(() => checkPublished({ repository, judge, asksLists }, digest, bundles[digest])),
    ),
  );
  let evidence: Evidence | undefined;
  for (const { digest, judgement } of checked) {
    if (!judgement.ok) return { ok: false, code: judgement.code, detail: `${digest}: ${judgement.detail}` };
    evidence ??= judgement.evidence;
  }
  if (!evidence) throw new Error('the index is always checked');
  return { ok: true, evidence, discoverable: checked.every(({ listed }) => listed) };
}

/** Whether the lists of all subjects show the manifests that attach our bundle, by subject. */
export async function areListed(repository: Repository, bundles: Readonly<Record<string, Digest>>): Promise<boolean> {
  const listed = await Promise.all(
    Object.entries(bundles).map(([subject, ours]) => isListed(repository, parseDigest(subject), ours)),
  );
  return listed.every((shown) => shown);
}

interface Checking {
  readonly repository: Repository;
  readonly judge: Judge;
  readonly asksLists: boolean;
}

/** Our own referrer of one subject: there, complete, passing; and whether the list shows it. */
async function checkPublished({ repository, judge, asksLists }: Checking, digest: Digest, ours: Digest | undefined) {
  const [listed, layer] = await Promise.all([
    !asksLists || isListed(repository, digest, ours),
    ours === undefined ? undefined : attachedLayer(repository, digest, ours),
  ]);
  if (!layer) {
    const detail = 'our bundle is not attached';
    return { digest, listed, judgement: { ok: false, code: 'SIGNATURE_MISSING', detail } as const };
  }
  return { digest, listed, judgement: await judge(layer, { digest }) };
}

async function isListed(repository: Repository, subject: Digest, ours: Digest | undefined): Promise<boolean> {
  const descriptors = await repository.listByApi(subject);
  return (descriptors ?? []).some(({ digest }) => digest === ours);
}

async function attachedLayer(repository: Repository, subject: Digest, ours: Digest): Promise<Descriptor | undefined> {
  const manifest = await pullReferrer(repository, subject, ours);
  return manifest && bundleLayer(manifest);
}
