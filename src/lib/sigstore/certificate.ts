import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { lazily } from '../lazily.ts';
import { SigstoreError } from './error.ts';

const MAX_ANSWER_BYTES = 256 * 1024;

/** A key with the certificate that names its holder. In memory only; it can be passed between Durable Objects. */
export interface SigningIdentity {
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array;
  /** The leaf, DER. */
  readonly certificate: Uint8Array;
  /** When the certificate ends, milliseconds since the epoch. */
  readonly notAfter: number;
}

const answerSchema = lazily(() =>
  z.object({
    signedCertificateEmbeddedSct: z.object({ chain: z.object({ certificates: z.array(z.string()).min(1) }) }),
  }),
);

/**
 * Makes a key and has Fulcio certify it for the token's holder.
 *
 * @see https://github.com/sigstore/fulcio/blob/main/fulcio.proto (CreateSigningCertificate)
 * @throws {SigstoreError} CERTIFICATE_REFUSED, where another try with this token would not help
 */
export async function requestCertificate(
  caller: Caller,
  fulcioUrl: string,
  identityToken: string,
): Promise<SigningIdentity> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = {
    credentials: { oidcIdentityToken: identityToken },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey.export({ type: 'spki', format: 'pem' }) },
      proofOfPossession: sign('sha256', Buffer.from(subjectOf(identityToken)), privateKey).toString('base64'),
    },
  };
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await call(caller, `${fulcioUrl}/api/v2/signingCert`, init);
  if (response.status !== 200 && response.status !== 201) {
    await discard(response);
    throw new SigstoreError('CERTIFICATE_REFUSED', `Fulcio answered ${response.status}`);
  }
  const parsed = answerSchema.safeParse(await readJson(response, MAX_ANSWER_BYTES));
  const leaf = parsed.data?.signedCertificateEmbeddedSct.chain.certificates[0];
  if (leaf === undefined)
    throw new SigstoreError('CERTIFICATE_REFUSED', 'Fulcio gave no certificate with an embedded SCT');
  const certificate = new X509Certificate(leaf);
  return {
    privateKey: new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
    certificate: new Uint8Array(certificate.raw),
    notAfter: Date.parse(certificate.validTo),
  };
}

/** What Fulcio wants signed as proof of possession. The token was verified before it came here. */
function subjectOf(token: string): string {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { sub?: unknown };
  if (typeof payload.sub !== 'string') throw new SigstoreError('CERTIFICATE_REFUSED', 'the token names no subject');
  return payload.sub;
}
