import { createGate } from '../../http.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { formatPlatform, MAX_CONFIG_BYTES, platformOfConfig } from '../../oci/platform.ts';
import type { Repository } from '../../oci/repository.ts';
import type { VerdictCode } from '../../sigstore/error.ts';
import type { Evidence } from '../../sigstore/evidence.ts';
import type { Policy } from '../../sigstore/policy.ts';
import type { TrustRootMaterial } from '../../sigstore/trusted-root.ts';
import { type Discovery, discoverBundles } from '../discovery.ts';
import { createBundleReader, createJudge, furthest, type Judge, type Judgement, type VerifyBundle } from '../judge.ts';
import { createLocalAiJudge, judgeFirstBundle } from '../localai.ts';
import { resolveSubjects, type Subject } from '../subjects.ts';

const SUBJECTS_AT_ONCE = 4;

/** A signature that holds, whenever it was made; the cut-off is applied to what was found. `signed_at` is RFC 3339. */
export type Signature = { readonly signed_at: string } | { readonly code: VerdictCode; readonly detail: string };

/** A manifest that a client may end with. */
export interface SubjectCheck {
  readonly digest: Digest;
  /** `os/architecture/variant`; absent for an index, and where nobody says. */
  readonly platform?: string;
  /** By the whole policy, of the bundle that passes and is the youngest. */
  readonly policy: Signature;
  /** As LocalAI would find, which reads the first bundle only and knows no pins. */
  readonly localai: Signature;
}

/** What a reference was found to be. */
export type ImageCheck =
  | {
      readonly found: true;
      readonly digest: Digest;
      readonly is_index: boolean;
      /** The index first. */
      readonly subjects: readonly SubjectCheck[];
      readonly signer?: Evidence['signer'];
    }
  | { readonly found: false; readonly code: 'IMAGE_NOT_FOUND'; readonly detail: string };

export interface CheckImageOptions {
  readonly repository: Repository;
  /** A tag or a digest. */
  readonly reference: string;
  readonly policy: Policy;
  readonly trust: TrustRootMaterial;
  readonly verify?: VerifyBundle;
}

/**
 * Looks at an image as the policy would, and as LocalAI would, each manifest by itself. No cut-off is applied: that of
 * the policy, or one that somebody tries out, is compared with `signed_at` later.
 *
 * @throws {OciError} {HttpError} where the registry gives no usable answer
 */
export async function checkImage(options: CheckImageOptions): Promise<ImageCheck> {
  const { repository, reference, trust, verify } = options;
  const image = await resolveSubjects(repository, reference, undefined);
  if (!image.found) return { found: false, code: 'IMAGE_NOT_FOUND', detail: image.detail };
  const { not_before: _, ...policy } = options.policy;
  const judging = {
    repository,
    policy,
    trust,
    requireCosignPredicate: true,
    read: createBundleReader(repository),
    ...(verify ? { verify } : {}),
  };
  const ours = createJudge(judging);
  const theirs = createLocalAiJudge(ours, judging);
  const gate = createGate(SUBJECTS_AT_ONCE);
  const checked = await Promise.all(
    image.subjects.map((subject) => gate(() => checkSubject(repository, subject, ours, theirs))),
  );
  const is_index = image.index_digest !== undefined;
  const subjects = is_index ? checked.map(({ check }) => check) : await withPlatform(repository, checked);
  const signer = checked[0]?.signer;
  return { found: true, digest: image.digest, is_index, subjects, ...(signer ? { signer } : {}) };
}

interface Checked {
  readonly check: SubjectCheck;
  readonly signer?: Evidence['signer'];
}

async function checkSubject(
  repository: Repository,
  subject: Subject,
  ours: Judge,
  theirs: Judge | undefined,
): Promise<Checked> {
  const discovery = await discoverBundles(repository, subject.digest);
  const { digest, platform } = subject;
  const judgement = await judgeYoungest(ours, subject, discovery);
  const localai = await judgeFirstBundle(theirs, subject, discovery);
  const check: SubjectCheck = {
    digest,
    ...(platform === undefined ? {} : { platform }),
    policy: signatureOf(judgement),
    localai: signatureOf(localai),
  };
  return judgement.ok ? { check, signer: judgement.evidence.signer } : { check };
}

/** Of the bundles that pass, the one signed last: a cut-off spares what has one that it spares. */
async function judgeYoungest(judge: Judge, subject: Subject, discovery: Discovery): Promise<Judgement> {
  let best: Judgement | undefined;
  let failure = discovery.failure;
  for (const { layer } of discovery.bundles) {
    try {
      const judgement = await judge(layer, subject);
      if (!best?.ok) best = judgement.ok ? judgement : furthest(best, judgement);
      else if (judgement.ok && signedAt(judgement.evidence) > signedAt(best.evidence)) best = judgement;
    } catch (error) {
      failure ??= error;
    }
  }
  if (best?.ok) return best;
  // What could not be read might have passed.
  if (failure !== undefined) throw failure;
  if (best) return best;
  return discovery.legacy
    ? { ok: false, code: 'SIGNATURE_LEGACY', detail: "only a signature of cosign's old format is attached" }
    : { ok: false, code: 'SIGNATURE_MISSING', detail: 'no Sigstore bundle is attached' };
}

function signatureOf(judgement: Judgement): Signature {
  if (!judgement.ok) return { code: judgement.code, detail: judgement.detail };
  return { signed_at: new Date(signedAt(judgement.evidence)).toISOString() };
}

/** The earliest verified time: what a cut-off is compared with. Milliseconds since the epoch. */
function signedAt({ timestamps }: Evidence): number {
  return Math.min(...timestamps.map(({ time }) => Date.parse(time)));
}

/** Only its config says what an image without an index is for. */
async function withPlatform(repository: Repository, checked: readonly Checked[]): Promise<SubjectCheck[]> {
  const [only] = checked;
  if (!only) return [];
  const raw = await repository.pullManifest(only.check.digest);
  const parsed = raw && parseManifest(raw);
  if (parsed?.kind !== 'image') return [only.check];
  const platform = platformOfConfig(await repository.pullBlob(parsed.config.digest, MAX_CONFIG_BYTES));
  return [platform ? { ...only.check, platform: formatPlatform(platform) } : only.check];
}
