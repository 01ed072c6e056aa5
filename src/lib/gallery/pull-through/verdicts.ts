import type { Now } from '../../http.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import type { TrustRootMaterial } from '../../sigstore/trusted-root.ts';
import type { TrustSource } from '../answer.ts';
import { bundleLayer } from '../discovery.ts';
import { createBundleReader, createJudge, furthest, type Refusal, type VerifyBundle } from '../judge.ts';
import type { NamedPolicy } from '../request.ts';
import { verifySubject } from '../verify-image.ts';
import { pullOne, withoutRunnable } from './attached.ts';
import type { StoredVerdict, VerifiedStore } from './store.ts';

const PASS_MS = 3_600_000;
const REFUSAL_MS = 10_000;

export interface VerdictsOptions {
  /** Upstream, its content kept. */
  readonly repository: Repository;
  /** One that is met is enough. */
  readonly policies: readonly NamedPolicy[];
  /** What fails is served all the same. */
  readonly warnOnly: boolean;
  /** Read with our credentials. What was read so is not served when it no longer is. */
  readonly isPublic: boolean;
  readonly trust: () => Promise<TrustSource & { readonly material: TrustRootMaterial }>;
  readonly store: VerifiedStore;
  readonly now: Now;
  readonly verify?: VerifyBundle;
}

/**
 * The verdicts on a repository's manifests, each on that manifest alone. They are kept, and reached anew after an hour
 * (a refusal: ten seconds), or when the policy, the trusted root or whose credentials are used is another.
 */
export class Verdicts {
  readonly #options: VerdictsOptions;
  readonly #underWay = new Map<Digest, Promise<StoredVerdict | undefined>>();

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** Whether what this is the verdict on may be served. */
  serves(verdict: StoredVerdict | undefined): boolean {
    return verdict !== undefined && (verdict.code === 'VERIFIED' || this.#options.warnOnly);
  }

  /**
   * The verdict on a manifest; undefined where it is not there. Side by side it is reached once.
   *
   * @param refusalMs - how old a refusal may be, in milliseconds
   * @throws {OciError} {HttpError} {SigstoreError} where nobody can tell now
   */
  async of(digest: Digest, refusalMs = REFUSAL_MS): Promise<StoredVerdict | undefined> {
    const { store, now, trust, policies, isPublic } = this.#options;
    const { material, sha256 } = await trust();
    const basis = [...policies.map(({ etag }) => etag), sha256, isPublic ? 'public' : 'anonymous'].join(' ');
    const kept = store.verdictOf(digest);
    const ageMs = kept?.basis === basis ? now() - kept.checkedAt : Number.POSITIVE_INFINITY;
    if (kept && ageMs < (kept.code === 'VERIFIED' ? PASS_MS : refusalMs)) return kept;
    const known = this.#underWay.get(digest);
    if (known) return known;
    const reached = this.#reach(digest, basis, material).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, reached);
    return reached;
  }

  /** A verdict for blobs: they were served on its strength, so that even a refusal that only warns may be an hour old. */
  ofOwner(digest: Digest): Promise<StoredVerdict | undefined> {
    return this.of(digest, PASS_MS);
  }

  async #reach(digest: Digest, basis: string, trust: TrustRootMaterial): Promise<StoredVerdict | undefined> {
    const { store, now, repository, warnOnly } = this.#options;
    const isKept = store.contentOf(digest) !== undefined;
    const raw = await repository.pullManifest(digest);
    if (!raw) return undefined;
    const parsed = parseManifest(raw);
    const judged = await this.#judge(raw, trust);
    // With an image its referrers go: what we alone still have is not unsigned, it is not there.
    const isBare = typeof judged !== 'string' && judged.code === 'SIGNATURE_MISSING';
    if (isKept && isBare && !(await repository.headManifest(digest))) return undefined;
    if (typeof judged === 'string') await this.#keepBundle(digest, judged);
    if (typeof judged === 'string' || warnOnly) store.putManifest(raw, parsed);
    const verdict: StoredVerdict =
      typeof judged === 'string'
        ? { basis, code: 'VERIFIED', detail: '', referrer: judged, checkedAt: now() }
        : { basis, code: judged.code, detail: judged.detail, checkedAt: now() };
    store.putVerdict(digest, verdict);
    return verdict;
  }

  /** The manifest that attaches a bundle which passes under one of the policies; else the refusal that got furthest. */
  async #judge(raw: RawManifest, trust: TrustRootMaterial): Promise<Digest | Refusal> {
    const { repository, policies, verify } = this.#options;
    const judging = {
      repository,
      trust,
      requireCosignPredicate: true,
      read: createBundleReader(repository),
      ...(verify ? { verify } : {}),
    };
    // An image that has the bundle for a layer would be served along with it.
    const attached = withoutRunnable(repository);
    let refusal: Refusal | undefined;
    for (const { policy } of policies) {
      const { judgement, referrer } = await verifySubject(attached, createJudge({ ...judging, policy }), raw);
      if (judgement.ok && referrer !== undefined) return referrer;
      if (!judgement.ok) refusal = furthest(refusal, judgement);
    }
    if (!refusal) throw new Error('a repository that is served has a policy');
    return refusal;
  }

  /** The bundle that passed, and the manifest that attaches it: whoever verifies again is to find just these. */
  async #keepBundle(subject: Digest, referrer: Digest): Promise<void> {
    const { store, repository } = this.#options;
    const attached = await pullOne(repository, subject, referrer);
    const layer = attached?.parsed.kind === 'image' ? bundleLayer(attached.parsed) : undefined;
    if (!attached || !layer) throw new Error('a bundle that passed is attached');
    const bytes = await repository.pullBlob(layer.digest, layer.size);
    store.putContent({ digest: layer.digest, mediaType: layer.mediaType, bytes });
    store.putManifest(attached.raw, attached.parsed);
    const known = store.referrersOf(subject)?.descriptors ?? [];
    const others = known.filter(({ digest }) => digest !== referrer);
    // Listed long ago: the registry's own list is still to be asked.
    store.putReferrers(subject, [attached.descriptor, ...others], 0);
  }
}
