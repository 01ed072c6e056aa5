import { CodedError } from '../error.ts';
import { createGate } from '../http.ts';
import type { Platform } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';
import type { VerdictCode } from '../sigstore/error.ts';
import type { Evidence } from '../sigstore/evidence.ts';
import type { Policy } from '../sigstore/policy.ts';
import type { TrustRootMaterial } from '../sigstore/trusted-root.ts';
import { createAllowance, type Discovery, discoverBundles } from './discovery.ts';
import {
  createBundleReader,
  createJudge,
  furthest,
  type Judge,
  type Judgement,
  type Refusal,
  type VerifyBundle,
} from './judge.ts';
import { createLocalAiJudge, judgeAsLocalAi, type LocalAiVerdict } from './localai.ts';
import { type NotFound, resolveSubjects, type Subject } from './subjects.ts';

/** Subjects that are looked into side by side. */
const SUBJECTS_AT_ONCE = 8;

export interface VerifyImageOptions {
  readonly repository: Repository;
  /** A tag or a digest. */
  readonly reference: string;
  readonly platform?: Platform;
  readonly policy: Policy;
  readonly trust: TrustRootMaterial;
  readonly verify?: VerifyBundle;
}

interface Resolved {
  readonly found: true;
  /** What a client is to pull: the platform's child, else what the reference named. */
  readonly digest: Digest;
  readonly index_digest?: Digest;
  readonly platform?: string;
  readonly localai: LocalAiVerdict;
  /** `localai` rests on something that could not be read, and that another try may read. */
  readonly isProvisional: boolean;
}
export interface VerifiedImage extends Resolved {
  readonly verified: true;
  /** Of `digest`. */
  readonly evidence: Evidence;
  /** The bundle that it is from, as it was attached. */
  readonly bundle: unknown;
  /** Everything that was verified, the index first. */
  readonly subjects: readonly { readonly digest: Digest; readonly platform?: string; readonly referrer: Digest }[];
}
export interface RefusedImage extends Resolved {
  readonly verified: false;
  readonly code: VerdictCode;
  readonly detail: string;
}
export type ImageVerdict = VerifiedImage | RefusedImage | NotFound;

/**
 * Says whether an image is signed as a policy demands: with a platform the index and that child, else the index and
 * every child. Each needs one bundle that passes, whatever else is attached to it.
 *
 * A subject that fails settles it, even where another could not be read; where nothing fails but something could not
 * be read, that error is thrown, for there is no verdict.
 *
 * @see https://docs.sigstore.dev/cosign/verifying/verify/
 * @throws {OciError} {HttpError} where the registry gives no usable answer
 */
export async function verifyImage(options: VerifyImageOptions): Promise<ImageVerdict> {
  const { repository, policy, trust, reference } = options;
  const allowance = createAllowance();
  // What is attached to a digest can be asked for while its manifest is read.
  const ahead = isDigest(reference) ? discoverBundles(repository, reference, allowance) : undefined;
  ahead?.catch(() => undefined);
  const image = await resolveSubjects(repository, reference, options.platform);
  if (!image.found) return image;
  const judging = {
    repository,
    policy,
    trust,
    requireCosignPredicate: true,
    read: createBundleReader(repository),
    ...(options.verify ? { verify: options.verify } : {}),
  };
  const judge = createJudge(judging);
  const gate = createGate(SUBJECTS_AT_ONCE);
  const settled = await Promise.allSettled(
    image.subjects.map((subject) =>
      gate(async () => {
        const discovery = subject.digest === reference ? ahead : undefined;
        const found = await (discovery ?? discoverBundles(repository, subject.digest, allowance));
        return judgeDiscovered(judge, subject, found);
      }),
    ),
  );
  const outcomes = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = outcomes.find(({ judgement }) => !judgement.ok);
  const failed = settled.find((one) => one.status === 'rejected');
  if (!refused && failed) throw failed.reason;
  const theirs = createLocalAiJudge(judge, judging);
  const { found, digest, index_digest, platform } = image;
  const resolved = {
    found,
    digest,
    ...(index_digest === undefined ? {} : { index_digest }),
    ...(platform === undefined ? {} : { platform }),
    // Where a subject could not be read, LocalAI's verdict on the others is not the whole one.
    ...(refused && failed
      ? { localai: { verified: false, code: (refused.judgement as Refusal).code } as const, isProvisional: true }
      : await askLocalAi(theirs, pulledByLocalAi(outcomes, image))),
  };
  return refused ? describeRefusal(resolved, refused) : describePass(resolved, outcomes);
}

/** How the verification of one subject ended. */
export interface Outcome {
  readonly subject: Subject;
  readonly discovery: Discovery;
  readonly judgement: Judgement;
  /** The manifest that attaches the bundle that passed. */
  readonly referrer?: Digest;
}

/**
 * Tries every bundle of a subject until one passes.
 *
 * @throws {OciError} {HttpError} where none passed, and what could not be read might have
 */
export async function verifySubject(repository: Repository, judge: Judge, subject: Subject): Promise<Outcome> {
  return judgeDiscovered(judge, subject, await discoverBundles(repository, subject.digest));
}

async function judgeDiscovered(judge: Judge, subject: Subject, discovery: Discovery): Promise<Outcome> {
  let refusal: Refusal | undefined;
  let failure = discovery.failure;
  for (const { layer, manifest } of discovery.bundles) {
    try {
      const judgement = await judge(layer, subject);
      if (judgement.ok) return { subject, discovery, judgement, referrer: manifest };
      refusal = furthest(refusal, judgement);
    } catch (error) {
      failure ??= error;
    }
  }
  // What could not be read might have passed.
  if (failure !== undefined) throw failure;
  return { subject, discovery, judgement: refusal ?? missing(discovery) };
}

function missing({ legacy, truncated }: Discovery): Refusal {
  if (legacy)
    return { ok: false, code: 'SIGNATURE_LEGACY', detail: "only a signature of cosign's old format is attached" };
  const detail = truncated ? 'none of the first referrers is a Sigstore bundle' : 'no Sigstore bundle is attached';
  return { ok: false, code: 'SIGNATURE_MISSING', detail };
}

/** What LocalAI's own verifier would say: it, too, ends with an error where what it goes by cannot be read. */
async function askLocalAi(
  judge: Judge | undefined,
  found: readonly Outcome[],
): Promise<Pick<Resolved, 'localai' | 'isProvisional'>> {
  try {
    return { localai: await judgeAsLocalAi(judge, found), isProvisional: false };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { localai: { verified: false, code: error.code }, isProvisional: true };
  }
}

/** LocalAI resolves an index to the child for its own platform, and looks at nothing else. */
function pulledByLocalAi(
  outcomes: readonly Outcome[],
  image: { readonly digest: Digest; readonly index_digest?: Digest },
) {
  if (image.digest !== image.index_digest) return outcomes.filter(({ subject }) => subject.digest === image.digest);
  const children = outcomes.filter(
    ({ subject }) => subject.digest !== image.index_digest && subject.platform !== 'unknown/unknown',
  );
  return children.length > 0 ? children : outcomes;
}

function describeRefusal(resolved: Resolved, { subject, judgement }: Outcome): RefusedImage {
  const { code, detail } = judgement as Refusal;
  const which = subject.platform === undefined ? subject.digest : `${subject.digest} (${subject.platform})`;
  return { ...resolved, verified: false, code, detail: `${which}: ${detail}` };
}

function describePass(resolved: Resolved, outcomes: readonly Outcome[]): VerifiedImage {
  const passed = outcomes.flatMap(({ subject, judgement, referrer }) =>
    judgement.ok && referrer !== undefined ? [{ subject, judgement, referrer }] : [],
  );
  const own = passed.find(({ subject }) => subject.digest === resolved.digest);
  if (!own) throw new Error('a verified image has evidence');
  const subjects = passed.map(({ subject: { digest, platform }, referrer }) => ({
    digest,
    ...(platform === undefined ? {} : { platform }),
    referrer,
  }));
  return { ...resolved, verified: true, evidence: own.judgement.evidence, bundle: own.judgement.bundle, subjects };
}
