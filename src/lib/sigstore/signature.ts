import { createPublicKey } from 'node:crypto';
import { type Bundle, ValidationError } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity, Verifier } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { SigstoreError } from './error.ts';
import { type Evidence, readSigner } from './evidence.ts';
import { isLoggedFor } from './logged-verifier.ts';
import { pinCertificate } from './pinned-certificate.ts';
import { checkTimestampToken, hasKnownSigner } from './timestamp-token.ts';
import type { TrustRootMaterial } from './trusted-root.ts';

const THRESHOLDS = { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 };

export interface SignatureOptions {
  readonly bundle: Bundle;
  /** What a plain signature is over; a statement needs none. */
  readonly artifact: Uint8Array | undefined;
  /** PEM, of a bundle without a certificate. */
  readonly publicKey: string | undefined;
  readonly trust: TrustRootMaterial;
}

/** A signature that holds: whose it is, and when observers saw it, in the bundle's order. */
export interface HeldSignature {
  readonly signer: Evidence['signer'];
  readonly times: readonly VerifiedTime[];
}

export interface VerifiedTime {
  readonly type: string;
  readonly time: Date;
}

/**
 * Verifies a signature: certificate with SCT, log entry, observer time, and that the log names the same signer. This is
 * what costs time, and none of it depends on a policy but for a managed key.
 *
 * @throws {SigstoreError} BUNDLE_MALFORMED, SIGNATURE_INVALID
 */
export function verifySignature(options: SignatureOptions): HeldSignature {
  const entity = toEntity(options);
  const times = verifyEntity(entity, options);
  verifyLoggedSigner(entity, options);
  const signer = entity.key.$case === 'certificate' ? readSigner(entity.key.certificate) : { issuer: '', identity: '' };
  return { signer, times };
}

function toEntity({ bundle, artifact }: SignatureOptions): SignedEntity {
  try {
    const entity = toSignedEntity(bundle, artifact && Buffer.from(artifact));
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

/** The library's part: everything that is cryptography. */
function verifyEntity(entity: SignedEntity, { publicKey, trust }: SignatureOptions): VerifiedTime[] {
  const managed = publicKey !== undefined;
  if (!managed && entity.key.$case !== 'certificate')
    throw new SigstoreError('SIGNATURE_INVALID', 'the bundle has no certificate');
  if (managed && entity.key.$case !== 'public-key')
    throw new SigstoreError('SIGNATURE_INVALID', 'the bundle is not signed with a managed key');
  try {
    const material = managed ? { ...trust.material, publicKey: managedKey(publicKey) } : trust.material;
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
function verifyLoggedSigner({ key }: SignedEntity, { bundle, publicKey }: SignatureOptions): void {
  const expected =
    key.$case === 'certificate'
      ? key.certificate.root.toDER()
      : createPublicKey(publicKey ?? '').export({ type: 'spki', format: 'der' });
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    if (!isLoggedFor(entry, expected)) throw new SigstoreError('SIGNATURE_INVALID', 'the log has another signer');
    const integrated = Number(entry.integratedTime) * 1000;
    if (integrated > 0 && key.$case === 'certificate' && !key.certificate.validForDate(new Date(integrated)))
      throw new SigstoreError('SIGNATURE_INVALID', 'the certificate did not count when the log took the entry');
  }
}
