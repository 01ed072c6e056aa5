import { CodedError } from '../error.ts';
import { decodeUtf8, parseStrictJson } from '../json.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';
import { SigstoreError, type VerdictCode } from '../sigstore/error.ts';
import type { Evidence } from '../sigstore/evidence.ts';
import type { Policy } from '../sigstore/policy.ts';
import type { TrustRootMaterial } from '../sigstore/trusted-root.ts';
import { type BundleMemory, createBundleMemory, verifyBundle } from '../sigstore/verify.ts';
import type { Subject } from './subjects.ts';

const MAX_BUNDLE_BYTES = 1024 * 1024;
/** Bundles of one verification in all, as their manifests announce them: they stay in memory until it ends. */
const MAX_BUNDLES_BYTES = 4 * 1024 * 1024;
/** Bundles of one verification in all: each costs milliseconds of a processor. */
const MAX_BUNDLES = 256;

/** How far each refusal got: of several bundles the one that got furthest tells most. */
const PROGRESS: Readonly<Record<VerdictCode, number>> = {
  SIGNATURE_MISSING: 0,
  SIGNATURE_LEGACY: 1,
  BUNDLE_MALFORMED: 2,
  SIGNATURE_INVALID: 3,
  SUBJECT_MISMATCH: 4,
  PREDICATE_UNEXPECTED: 5,
  ISSUER_MISMATCH: 6,
  IDENTITY_MISMATCH: 7,
  SIGNED_BEFORE_CUTOFF: 8,
};

/** Why a bundle, or all of them, do not do. */
export interface Refusal {
  readonly ok: false;
  readonly code: VerdictCode;
  readonly detail: string;
}
export type Judgement = { readonly ok: true; readonly evidence: Evidence; readonly bundle: unknown } | Refusal;

/** Bundles that passed, by the digest of their bytes. */
export type VerifiedBundles = Map<Digest, Extract<Judgement, { ok: true }>>;

/** The refusal that got further; of equals the earlier. */
export function furthest(one: Refusal | undefined, other: Refusal): Refusal {
  return one && PROGRESS[one.code] >= PROGRESS[other.code] ? one : other;
}

/** A refusal as a library threw it. Whatever is not a verdict is thrown on. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof SigstoreError) || !(error.code in PROGRESS)) throw error;
  return { ok: false, code: error.code as VerdictCode, detail: error.message };
}

/** Verifies a bundle's bytes, for tests to replace. */
export type VerifyBundle = typeof verifyBundle;

/** A bundle's JSON, and what was found of it: judges share both. */
interface KnownBundle {
  readonly json: unknown;
  readonly memory: BundleMemory;
}

/** Reads a bundle. @throws {SigstoreError} BUNDLE_MALFORMED; {OciError}, {HttpError} where another try may help */
export type ReadBundle = (layer: Descriptor) => Promise<KnownBundle>;

/** Reads each bundle once, and not more than fit into memory; for judges with the same trusted root. */
export function createBundleReader(repository: Repository): ReadBundle {
  const read = new Map<Digest, Promise<KnownBundle>>();
  let announced = 0;
  const findProblem = (size: number): string | undefined => {
    // What is never read takes no room from the others.
    if (size > MAX_BUNDLE_BYTES) return `the bundle is longer than ${MAX_BUNDLE_BYTES} bytes`;
    announced += size;
    return announced > MAX_BUNDLES_BYTES || read.size >= MAX_BUNDLES
      ? 'there are more bundles than are read'
      : undefined;
  };
  return (layer) => {
    const known = read.get(layer.digest);
    if (known) return known;
    const problem = findProblem(layer.size);
    const pulling = problem === undefined ? pull(repository, layer) : refuseBundle(problem);
    const reading = pulling.then((json) => ({ json, memory: createBundleMemory() }));
    read.set(layer.digest, reading);
    return reading;
  };
}

async function pull(repository: Repository, { digest, size }: Descriptor): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await repository.pullBlob(digest, size);
  } catch (error) {
    const code = error instanceof CodedError ? error.code : '';
    if (code === 'BODY_TOO_LARGE' || code === 'DIGEST_MISMATCH') return refuseBundle(`the bundle is not ${digest}`);
    // A referrer whose blob is gone is no reason to try again.
    if (code === 'UNEXPECTED_STATUS' && !(await repository.hasBlob(digest)))
      return refuseBundle(`the bundle ${digest} is not there`);
    throw error;
  }
  try {
    return parseStrictJson(decodeUtf8(bytes));
  } catch (error) {
    return refuseBundle(`the bundle ${error instanceof SyntaxError ? error.message : 'is not UTF-8'}`);
  }
}

async function refuseBundle(detail: string): Promise<never> {
  throw new SigstoreError('BUNDLE_MALFORMED', detail);
}

export interface JudgeOptions {
  readonly repository: Repository;
  readonly policy: Policy;
  readonly trust: TrustRootMaterial;
  readonly requireCosignPredicate: boolean;
  readonly read: ReadBundle;
  /** Kept by a caller that judges the same bundles again, under the same policy and trust. */
  readonly passed?: VerifiedBundles;
  readonly verify?: VerifyBundle;
}

/** Tests one bundle for one subject. */
export type Judge = (layer: Descriptor, subject: Subject) => Promise<Judgement>;

/**
 * Creates a judge. A bundle's signature is verified once, however many subjects it is attached to and whatever else is
 * judged with the same reader: whether it names a digest, and a policy its signer, needs no cryptography.
 */
export function createJudge(options: JudgeOptions): Judge {
  const { read, policy, trust, requireCosignPredicate, verify = verifyBundle, passed = new Map() } = options;
  return async (layer, subject) => {
    try {
      const { json: bundle, memory } = await read(layer);
      const artifact = await artifactOf(options.repository, bundle, subject);
      // From here on nothing waits, so two subjects never verify the same bundle side by side.
      const before = passed.get(layer.digest);
      if (before?.evidence.subjects.includes(subject.digest)) return before;
      const evidence = verify({ bundle, artifact, policy, trust, requireCosignPredicate, memory });
      const judgement = { ok: true, evidence, bundle } as const;
      passed.set(layer.digest, judgement);
      return judgement;
    } catch (error) {
      return refusalOf(error);
    }
  };
}

/**
 * A plain message signature is over the manifest's bytes; a statement needs only their digest.
 *
 * @throws {SigstoreError} SIGNATURE_INVALID where the manifest is gone; {OciError} {HttpError}
 */
async function artifactOf(
  repository: Repository,
  bundle: unknown,
  { digest, bytes }: Subject,
): Promise<{ readonly digest: string } | { readonly bytes: Uint8Array }> {
  if (typeof bundle !== 'object' || bundle === null || !('messageSignature' in bundle)) return { digest };
  const manifest = bytes ?? (await repository.pullManifest(digest))?.bytes;
  if (!manifest) throw new SigstoreError('SIGNATURE_INVALID', 'what the plain signature would be of is not there');
  return { bytes: manifest };
}
