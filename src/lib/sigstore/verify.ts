import { createHash, createPublicKey } from 'node:crypto';
import { type Bundle, bundleFromJSON, ValidationError } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity, Verifier } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { findShapeProblem } from './bundle-shape.ts';
import { SigstoreError } from './error.ts';
import { type Evidence, readSigner } from './evidence.ts';
import { checkEntry, vouchedNumbers } from './log-entry.ts';
import { isLoggedFor } from './logged-verifier.ts';
import { pinCertificate } from './pinned-certificate.ts';
import { assessSigner, type Policy } from './policy.ts';
import { COSIGN_PREDICATE, parseStatement, type Statement } from './statement.ts';
import { checkTimestampToken, hasKnownSigner } from './timestamp-token.ts';
import type { TrustRootMaterial } from './trusted-root.ts';

/** Entries of a kind that are looked at in one bundle, as sigstore-go has it. */
const MAX_ENTRIES = 32;
const THRESHOLDS = { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 };

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
  verifyLoggedSigner(bundle, entity, policy);
  if (statement?.isForeign) throw new SigstoreError('PREDICATE_UNEXPECTED', 'the envelope holds no in-toto statement');
  if (!coversArtifact(bundle, statement, options.artifact)) {
    throw new SigstoreError('SUBJECT_MISMATCH', 'the signature is for something else');
  }
  const expected = policy.predicate_type ?? (options.requireCosignPredicate ? COSIGN_PREDICATE : undefined);
  if (expected !== undefined && statement && statement.predicateType !== expected) {
    throw new SigstoreError('PREDICATE_UNEXPECTED', `the predicate is ${statement.predicateType}`);
  }
  const signer = entity.key.$case === 'certificate' ? readSigner(entity.key.certificate) : { issuer: '', identity: '' };
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

function toEntity(bundle: Bundle, { artifact }: VerifyOptions): SignedEntity {
  if (bundle.content.$case === 'messageSignature' && !('bytes' in artifact)) {
    throw new SigstoreError(
      'ARTIFACT_REQUIRED',
      'the bundle is a plain signature of the artifact, which cannot be checked by a digest: the artifact is needed',
    );
  }
  try {
    const entity = toSignedEntity(bundle, 'bytes' in artifact ? Buffer.from(artifact.bytes) : undefined);
    if (entity.key.$case === 'certificate') pinCertificate(entity.key.certificate);
    tokensOf(entity).forEach(checkTimestampToken);
    return entity;
  } catch (cause) {
    throw new SigstoreError('BUNDLE_MALFORMED', `not a Sigstore bundle: ${messageOf(cause)}`, { cause });
  }
}

/** In the bundle's order. */
function tokensOf({ timestamps }: SignedEntity) {
  return timestamps.flatMap((one) => (one.$case === 'timestamp-authority' ? [one.timestamp] : []));
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
    const material = managed ? { ...trust.material, publicKey: managedKey(policy.public_key ?? '') } : trust.material;
    const times = verifyWithTimes(new Verifier(material, THRESHOLDS), entity);
    if (!tokensOf(entity).every((token) => hasKnownSigner(token, material.timestampAuthorities)))
      throw new Error('a timestamp brings a certificate that its authority does not have');
    return times;
  } catch (cause) {
    if (cause instanceof ValidationError) throw new SigstoreError('BUNDLE_MALFORMED', cause.message, { cause });
    throw new SigstoreError('SIGNATURE_INVALID', messageOf(cause), { cause });
  }
}

function managedKey(pem: string) {
  const publicKey = createPublicKey(pem);
  return () => ({ publicKey, validFor: () => true });
}

/** The library verifies times, but does not hand them out: they are caught on their way. */
function verifyWithTimes(verifier: Verifier, entity: SignedEntity): VerifiedTime[] {
  const inner = verifier as unknown as { verifyTimestamps(entity: SignedEntity): Date[] };
  const verifyTimestamps = inner.verifyTimestamps.bind(verifier);
  let times: Date[] = [];
  inner.verifyTimestamps = (one) => {
    times = verifyTimestamps(one);
    return times;
  };
  verifier.verify(entity);
  // A log's time counts only where the log promised it; the library leaves the others out.
  const kinds = entity.timestamps.flatMap((one) =>
    one.$case === 'transparency-log' && !one.tlogEntry.inclusionPromise ? [] : [one.$case],
  );
  return times.map((time, index) => ({ type: kinds[index] ?? '', time }));
}

/** What the library leaves open of the entries: whom they name, and a time that was not promised. */
function verifyLoggedSigner(bundle: Bundle, { key }: SignedEntity, policy: Policy): void {
  const expected =
    key.$case === 'certificate'
      ? key.certificate.root.toDER()
      : createPublicKey(policy.public_key ?? '').export({ type: 'spki', format: 'der' });
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    if (!isLoggedFor(entry, expected)) throw new SigstoreError('SIGNATURE_INVALID', 'the log has another signer');
    const integrated = Number(entry.integratedTime) * 1000;
    if (integrated > 0 && key.$case === 'certificate' && !key.certificate.validForDate(new Date(integrated)))
      throw new SigstoreError('SIGNATURE_INVALID', 'the certificate did not count when the log took the entry');
  }
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
