import { createHash } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { messageOf } from '../error.ts';
import { findShapeProblem } from './bundle-shape.ts';
import { SigstoreError } from './error.ts';
import type { Evidence } from './evidence.ts';
import { checkEntry, vouchedNumbers } from './log-entry.ts';
import { assessSigner, type Policy } from './policy.ts';
import { type HeldSignature, verifySignature } from './signature.ts';
import { COSIGN_PREDICATE, parseStatement, type Statement } from './statement.ts';
import type { TrustRootMaterial } from './trusted-root.ts';

/** Entries of a kind that are looked at in one bundle, as sigstore-go has it. */
const MAX_ENTRIES = 32;

export interface VerifyOptions {
  /** Protobuf's JSON, parsed. */
  readonly bundle: unknown;
  readonly artifact: { readonly digest: string } | { readonly bytes: Uint8Array };
  readonly policy: Policy;
  readonly trust: TrustRootMaterial;
  /** For an image: only cosign's predicate, or a plain message signature, is a signature. */
  readonly requireCosignPredicate: boolean;
  /** Of this bundle and this trusted root, where several subjects or policies are asked for. */
  readonly memory?: BundleMemory;
}

/** What was found of one bundle under one trusted root, be it an error: the same work is not done twice. */
export interface BundleMemory {
  readonly parsed: Map<string, Ending<ParsedBundle>>;
  readonly signatures: Map<string, Ending<HeldSignature>>;
}

type Ending<Value> = { readonly value: Value } | { readonly error: unknown };

interface ParsedBundle {
  readonly bundle: Bundle;
  /** What an envelope states; a plain signature states nothing. */
  readonly statement: Statement | undefined;
}

export function createBundleMemory(): BundleMemory {
  return { parsed: new Map(), signatures: new Map() };
}

/**
 * Verifies a bundle: certificate with SCT, log entry, observer time, signature, subject, policy. The cheap policy
 * checks come last, so that the code says how far a bundle got.
 *
 * Identities are compared here: the library would take a string for a regular expression.
 *
 * @see https://docs.sigstore.dev/about/security/
 * @throws {SigstoreError} with a verdict code; ARTIFACT_REQUIRED for a plain signature where only the digest is there
 */
export function verifyBundle(options: VerifyOptions): Evidence {
  const { policy, trust, artifact, memory = createBundleMemory() } = options;
  const parsed = once(memory.parsed, 'bundle', () => parseBundle(options.bundle));
  const { bundle, statement } = parsed;
  if (bundle.content.$case === 'messageSignature' && !('bytes' in artifact)) {
    throw new SigstoreError(
      'ARTIFACT_REQUIRED',
      'the bundle is a plain signature of the artifact, which cannot be checked by a digest: the artifact is needed',
    );
  }
  const isCovered = coversArtifact(parsed, artifact);
  // Of a plain signature, whatever it does not claim to be for is alike: none passes below.
  const key = `${statement !== undefined || isCovered} ${policy.public_key ?? ''}`;
  const signature = once(memory.signatures, key, () =>
    verifySignature({
      bundle,
      artifact: 'bytes' in artifact ? artifact.bytes : undefined,
      publicKey: policy.public_key,
      trust,
    }),
  );
  if (statement?.isForeign) throw new SigstoreError('PREDICATE_UNEXPECTED', 'the envelope holds no in-toto statement');
  if (!isCovered) throw new SigstoreError('SUBJECT_MISMATCH', 'the signature is for something else');
  const expected = policy.predicate_type ?? (options.requireCosignPredicate ? COSIGN_PREDICATE : undefined);
  if (expected !== undefined && statement && statement.predicateType !== expected) {
    throw new SigstoreError('PREDICATE_UNEXPECTED', `the predicate is ${statement.predicateType}`);
  }
  const { signer, times } = signature;
  const refused = policy.public_key === undefined ? assessSigner(policy, signer) : undefined;
  if (refused) throw new SigstoreError(refused.code, refused.detail);
  const earliest = Math.min(...times.map(({ time }) => time.getTime()));
  if (policy.not_before !== undefined && earliest < Date.parse(policy.not_before)) {
    throw new SigstoreError(
      'SIGNED_BEFORE_CUTOFF',
      `signed at ${new Date(earliest).toISOString()}, before ${policy.not_before}`,
    );
  }
  return describe(parsed, signature);
}

function once<Value>(known: Map<string, Ending<Value>>, key: string, work: () => Value): Value {
  const ending = known.get(key) ?? endingOf(work);
  known.set(key, ending);
  if ('error' in ending) throw ending.error;
  return ending.value;
}

function endingOf<Value>(work: () => Value): Ending<Value> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function parseBundle(json: unknown): ParsedBundle {
  const bundle = readBundle(json);
  return { bundle, statement: readStatement(bundle) };
}

function readBundle(json: unknown): Bundle {
  try {
    const shape = findShapeProblem(json);
    if (shape !== undefined) throw new Error(shape);
    const bundle = bundleFromJSON(json);
    const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
    const stamps = timestampVerificationData?.rfc3161Timestamps.length ?? 0;
    if (tlogEntries.length > MAX_ENTRIES || stamps > MAX_ENTRIES) throw new Error(`more than ${MAX_ENTRIES} entries`);
    tlogEntries.forEach(checkEntry);
    return bundle;
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', `not a Sigstore bundle: ${messageOf(cause)}`, { cause });
  }
}

/** What an envelope states; undefined for a plain signature. @throws {SigstoreError} BUNDLE_MALFORMED */
function readStatement({ content }: Bundle): Statement | undefined {
  if (content.$case !== 'dsseEnvelope') return undefined;
  const { payload, payloadType } = content.dsseEnvelope;
  try {
    return parseStatement(payloadType, payload);
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', `not a statement: ${messageOf(cause)}`, { cause });
  }
}

function coversArtifact({ bundle, statement }: ParsedBundle, artifact: VerifyOptions['artifact']): boolean {
  const digest =
    'bytes' in artifact ? `sha256:${createHash('sha256').update(artifact.bytes).digest('hex')}` : artifact.digest;
  if (statement) return statement.digests.includes(digest);
  if (bundle.content.$case !== 'messageSignature') return false;
  return `sha256:${bundle.content.messageSignature.messageDigest.digest.toString('hex')}` === digest;
}

function describe({ bundle, statement }: ParsedBundle, { signer, times }: HeldSignature): Evidence {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  const { index, integrated } = vouchedNumbers(entry);
  return {
    signer,
    timestamps: times.map(({ type, time }) => ({ type, time: time.toISOString() })),
    log: {
      index,
      id: entry?.logId?.keyId.toString('hex') ?? '',
      ...(integrated > 0 ? { integrated_at: new Date(integrated * 1000).toISOString() } : {}),
    },
    ...(statement ? { predicate_type: statement.predicateType } : {}),
    subjects: statement?.digests ?? [],
  };
}
