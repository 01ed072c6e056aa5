import { createHash, createPublicKey } from 'node:crypto';
import { type Bundle, bundleFromJSON, ValidationError } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { SigstoreError } from './error.ts';
import { type Evidence, readSigner } from './evidence.ts';
import { findEntryProblem, vouchedNumbers } from './log-entry.ts';
import { assessSigner, type Policy } from './policy.ts';
import { COSIGN_PREDICATE, PAYLOAD_TYPE } from './statement.ts';
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
}

/**
 * Verifies a bundle: certificate with SCT, log entry, observer time, signature, subject, policy. What was cheaply
 * refused comes last, so that of several bundles the one that got furthest can be told.
 *
 * Identities are compared here: the library would take a string for a regular expression.
 *
 * @see https://docs.sigstore.dev/about/security/
 * @throws {SigstoreError} with a verdict code
 */
export function verifyBundle(options: VerifyOptions): Evidence {
  const { policy } = options;
  const bundle = parseBundle(options.bundle);
  const statement = readStatement(bundle);
  const entity = toEntity(bundle, options);
  const times = verifySignature(entity, options);
  if (statement?.isForeign) throw new SigstoreError('PREDICATE_UNEXPECTED', 'the envelope holds no in-toto statement');
  if (!options.trust || !coversArtifact(bundle, statement, options.artifact)) {
    throw new SigstoreError('SUBJECT_MISMATCH', 'the signature is for something else');
  }
  const expected = policy.predicate_type ?? (options.requireCosignPredicate ? COSIGN_PREDICATE : undefined);
  if (expected !== undefined && statement && statement.predicateType !== expected) {
    throw new SigstoreError('PREDICATE_UNEXPECTED', `the predicate is ${statement.predicateType}`);
  }
  const signer = signerOf(bundle);
  const refused = policy.public_key === undefined ? assessSigner(policy, signer) : undefined;
  if (refused) throw new SigstoreError(refused.code, refused.detail);
  const earliest = Math.min(...times.map(({ time }) => time.getTime()));
  if (policy.not_before !== undefined && earliest < Date.parse(policy.not_before)) {
    throw new SigstoreError(
      'SIGNED_BEFORE_CUTOFF',
      `signed at ${new Date(earliest).toISOString()}, before ${policy.not_before}`,
    );
  }
  return describe(bundle, signer, times, statement);
}

function parseBundle(json: unknown): Bundle {
  try {
    const bundle = bundleFromJSON(json);
    const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
    const stamps = timestampVerificationData?.rfc3161Timestamps.length ?? 0;
    if (tlogEntries.length > MAX_ENTRIES || stamps > MAX_ENTRIES) throw new Error(`more than ${MAX_ENTRIES} entries`);
    const problem = tlogEntries.map(findEntryProblem).find((one) => one !== undefined);
    if (problem !== undefined) throw new Error(problem);
    return bundle;
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', `not a Sigstore bundle: ${messageOf(cause)}`, { cause });
  }
}

interface Statement {
  readonly predicateType: string;
  readonly digests: readonly string[];
  /** The envelope holds something else. */
  readonly isForeign: boolean;
}

function readStatement(bundle: Bundle): Statement | undefined {
  if (bundle.content.$case !== 'dsseEnvelope') return undefined;
  const { payload, payloadType } = bundle.content.dsseEnvelope;
  if (payloadType !== PAYLOAD_TYPE) return { predicateType: '', digests: [], isForeign: true };
  try {
    const json = JSON.parse(payload.toString('utf8')) as {
      predicateType?: unknown;
      subject?: readonly { digest?: Record<string, unknown> }[];
    };
    const digests = (json.subject ?? []).map(({ digest }) => `sha256:${String(digest?.sha256)}`);
    return { predicateType: String(json.predicateType), digests, isForeign: false };
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', 'the statement is not JSON', { cause });
  }
}

function toEntity(bundle: Bundle, { artifact }: VerifyOptions): SignedEntity {
  if (bundle.content.$case === 'messageSignature' && !('bytes' in artifact)) {
    throw new SigstoreError(
      'ARTIFACT_REQUIRED',
      'the bundle is a plain signature of the artifact, which cannot be checked by a digest: the artifact is needed',
    );
  }
  try {
    return toSignedEntity(bundle, 'bytes' in artifact ? Buffer.from(artifact.bytes) : undefined);
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', `not a Sigstore bundle: ${messageOf(cause)}`, { cause });
  }
}

interface VerifiedTime {
  readonly type: string;
  readonly time: Date;
}

/** The library's part: everything that is cryptography. */
function verifySignature(entity: SignedEntity, { policy, trust }: VerifyOptions): VerifiedTime[] {
  const managed = policy.public_key !== undefined;
  if (!managed && entity.key.$case !== 'certificate')
    throw new SigstoreError('SIGNATURE_INVALID', 'the bundle has no certificate');
  if (managed && entity.key.$case !== 'public-key')
    throw new SigstoreError('SIGNATURE_INVALID', 'the bundle is not signed with a managed key');
  try {
    const material = managed ? toTrustMaterial(trust.root, managedKey(policy.public_key ?? '')) : trust.material;
    const verifier = new Verifier(material, { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
    verifier.verify(entity);
    return verifiedTimes(verifier, entity);
  } catch (cause) {
    if (cause instanceof ValidationError) throw new SigstoreError('BUNDLE_MALFORMED', cause.message, { cause });
    throw new SigstoreError('SIGNATURE_INVALID', messageOf(cause), { cause });
  }
}

function managedKey(pem: string) {
  const publicKey = createPublicKey(pem);
  return () => ({ publicKey, validFor: () => true });
}

/** The times that were verified; the library checks them, but does not hand them out. */
function verifiedTimes(verifier: Verifier, entity: SignedEntity): VerifiedTime[] {
  const times = (verifier as unknown as { verifyTimestamps(entity: SignedEntity): Date[] }).verifyTimestamps(entity);
  // A log's time counts only where the log promised it; the library leaves the others out.
  const kinds = entity.timestamps.flatMap((one) =>
    one.$case === 'transparency-log' && !one.tlogEntry.inclusionPromise ? [] : [one.$case],
  );
  return times.map((time, index) => ({ type: kinds[index] ?? '', time }));
}

function coversArtifact(
  bundle: Bundle,
  statement: Statement | undefined,
  artifact: VerifyOptions['artifact'],
): boolean {
  const digest =
    'bytes' in artifact ? `sha256:${createHash('sha256').update(artifact.bytes).digest('hex')}` : artifact.digest;
  if (statement) return statement.digests.includes(digest);
  if (bundle.content.$case !== 'messageSignature') return false;
  return `sha256:${bundle.content.messageSignature.messageDigest.digest.toString('hex')}` === digest;
}

function signerOf(bundle: Bundle): Evidence['signer'] {
  const { content } = bundle.verificationMaterial;
  if (content.$case === 'certificate') return readSigner(content.certificate.rawBytes);
  const leaf = content.$case === 'x509CertificateChain' ? content.x509CertificateChain.certificates[0] : undefined;
  return leaf ? readSigner(leaf.rawBytes) : { issuer: '', identity: '' };
}

function describe(
  bundle: Bundle,
  signer: Evidence['signer'],
  times: readonly VerifiedTime[],
  statement: Statement | undefined,
): Evidence {
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
