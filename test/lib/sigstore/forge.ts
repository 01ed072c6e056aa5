import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { logEnvelope } from '../../../src/lib/sigstore/log.ts';
import { parseSigningConfig } from '../../../src/lib/sigstore/signing-config.ts';
import { buildStatement, PAYLOAD_TYPE, preAuthEncode } from '../../../src/lib/sigstore/statement.ts';
import { requestTimestamp } from '../../../src/lib/sigstore/timestamp.ts';
import { DIGEST, type Setup } from '../../demo/sigstore-setup.ts';

/** How a bundle differs from an honest one; everything in it is genuinely signed. */
export interface Forgery {
  readonly payloadType?: string;
  readonly payload?: Buffer;
  /** Who the certificate names. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Who the certificate that the log sees names: of the same key. */
  readonly loggedClaims?: Readonly<Record<string, string>>;
  /** What the log sees as signed, and when the timestamp is asked for, by this Sigstore. */
  readonly log?: Setup;
  readonly timestamps?: Setup;
  /** The payload that the log sees signed by the same key. */
  readonly loggedPayload?: Buffer;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A certificate for a key that the caller has. */
async function certify({ issuer, sigstore }: Setup, key: KeyObject, claims = issuer.claims()): Promise<Uint8Array> {
  const token = await issuer.token(claims, 'sigstore');
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const body = JSON.stringify({
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey },
      proofOfPossession: base64(sign('sha256', Buffer.from(claims.sub ?? ''), key)),
    },
  });
  const response = await sigstore.fetch(new Request('http://ca.test/api/v2/signingCert', { method: 'POST', body }));
  const answer = (await response.json()) as {
    signedCertificateEmbeddedSct: { chain: { certificates: string[] } };
  };
  const [pem = ''] = answer.signedCertificateEmbeddedSct.chain.certificates;
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

/** Signs with a key of the forger's, who has honest services do the rest. */
export async function forge(setup: Setup, forgery: Forgery = {}) {
  const { payloadType = PAYLOAD_TYPE, payload = buildStatement([DIGEST]), log = setup, timestamps = setup } = forgery;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await certify(setup, privateKey, forgery.claims);
  const signEncoded = (content: Buffer) => {
    const encoded = preAuthEncode(payloadType, content);
    return { payload: content, payloadType, encoded, signature: sign('sha256', encoded, privateKey) };
  };
  const signed = signEncoded(payload);
  const logged = forgery.loggedPayload ? signEncoded(forgery.loggedPayload) : signed;
  const seen = forgery.loggedClaims ? await certify(setup, privateKey, forgery.loggedClaims) : certificate;
  const servicesOf = (one: Setup) => parseSigningConfig(one.sigstore.signingConfig, one.caller.now());
  const entry = await logEnvelope(log.caller, servicesOf(log).rekor, { ...logged, certificate: seen });
  const { timestampUrl } = servicesOf(timestamps);
  const stamp = timestampUrl && (await requestTimestamp(timestamps.caller, timestampUrl, signed.signature));
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate) },
      tlogEntries: [entry],
      ...(stamp ? { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(stamp) }] } } : {}),
    },
    dsseEnvelope: { payload: base64(payload), payloadType, signatures: [{ sig: base64(signed.signature) }] },
  };
}
