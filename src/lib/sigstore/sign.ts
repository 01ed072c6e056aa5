import { createPrivateKey, sign } from 'node:crypto';
import type { Caller } from '../http.ts';
import type { SigningIdentity } from './certificate.ts';
import { logEnvelope } from './log.ts';
import type { SigningServices } from './signing-config.ts';
import { buildStatement, PAYLOAD_TYPE, preAuthEncode } from './statement.ts';
import { requestTimestamp } from './timestamp.ts';

const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface SignedBundle {
  /** The bundle, protobuf's JSON. */
  readonly json: string;
  readonly logIndex: string;
  /** Milliseconds since the epoch: the log's time where it says one, else ours. */
  readonly signedAt: number;
}

export interface SignOptions {
  readonly caller: Caller;
  readonly services: SigningServices;
  readonly identity: SigningIdentity;
  /** `sha256:…` */
  readonly digests: readonly string[];
}

/**
 * Signs one statement over all digests: one log entry, and one timestamp where the log gives no time.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 * @throws {SigstoreError} TIMESTAMP_REFUSED, LOG_REFUSED; {HttpError} where a later try may help
 */
export async function signDigests({ caller, services, identity, digests }: SignOptions): Promise<SignedBundle> {
  const payload = buildStatement(digests);
  const encoded = preAuthEncode(PAYLOAD_TYPE, payload);
  const key = createPrivateKey({ key: Buffer.from(identity.privateKey), format: 'der', type: 'pkcs8' });
  const signature = sign('sha256', encoded, key);
  const { timestampUrl, rekor } = services;
  // In this order: an entry cannot be taken back, and a try that fails after it would leave one that nobody uses.
  const timestamp = timestampUrl === undefined ? undefined : await requestTimestamp(caller, timestampUrl, signature);
  const entry = await logEnvelope(caller, rekor, {
    payload,
    payloadType: PAYLOAD_TYPE,
    signature,
    encoded,
    certificate: identity.certificate,
  });
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const bundle = {
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: {
      certificate: { rawBytes: base64(identity.certificate) },
      tlogEntries: [entry],
      ...(timestamp
        ? { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(timestamp) }] } }
        : {}),
    },
    dsseEnvelope: { payload: base64(payload), payloadType: PAYLOAD_TYPE, signatures: [{ sig: base64(signature) }] },
  };
  const integrated = Number(entry.integratedTime ?? 0);
  return {
    json: JSON.stringify(bundle),
    logIndex: entry.logIndex,
    signedAt: integrated > 0 ? integrated * 1000 : caller.now(),
  };
}
