import { describe, expect, it } from 'vitest';
import { requestCertificate } from '../../../src/lib/sigstore/certificate.ts';
import { requestTimestamp } from '../../../src/lib/sigstore/timestamp.ts';
import { type Answer, fakeCaller } from '../fake-caller.ts';
import { dsse } from './setup.ts';

const SECRET = 'c2VjcmV0LXNpZ25hdHVyZQ';
const tokenOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${SECRET}`;
const TOKEN = tokenOf({ sub: 'repo:o/r' });
const DER = dsse.verificationMaterial.certificate.rawBytes;
const PEM = `-----BEGIN CERTIFICATE-----\n${DER}\n-----END CERTIFICATE-----`;
const chain = (...certificates: string[]) =>
  Response.json({ signedCertificateEmbeddedSct: { chain: { certificates } } });

/** A certificate that a Fulcio of this answer gives. */
function certify(answer: Answer, token = TOKEN) {
  const caller = fakeCaller(answer);
  return { caller, identity: requestCertificate(caller, 'https://ca.test', token) };
}

describe('requestCertificate', () => {
  it('gives the leaf with the key that it certifies', async () => {
    const identity = await certify(() => chain(PEM, 'issuer')).identity;
    expect(Buffer.from(identity.certificate).toString('base64')).toBe(DER);
    expect(identity.notAfter).toBeGreaterThan(Date.UTC(2025, 0));
    expect(identity.privateKey.byteLength).toBeGreaterThan(100);
  });
  it('sends the token, the key and a proof that it holds it', async () => {
    const { caller, identity } = certify(() => chain(PEM));
    await identity;
    expect(JSON.parse(new TextDecoder().decode(caller.seen[0]?.bytes))).toEqual({
      credentials: { oidcIdentityToken: TOKEN },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: expect.stringContaining('BEGIN PUBLIC KEY') },
        proofOfPossession: expect.any(String),
      },
    });
  });
  it('makes another key each time', async () => {
    const [one, other] = await Promise.all([certify(() => chain(PEM)).identity, certify(() => chain(PEM)).identity]);
    expect(one.privateKey).not.toEqual(other.privateKey);
  });
  it.each([
    ['a refusal', () => Response.json({ message: SECRET }, { status: 403 }), TOKEN],
    ['an empty chain', () => chain(), TOKEN],
    ['something else', () => Response.json({ chain: [PEM] }), TOKEN],
    ['a token without a subject', () => chain(PEM), tokenOf({})],
  ])('refuses %s, and says nothing of the token', async (_, answer, token) => {
    await expect(certify(answer, token).identity).rejects.toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      message: expect.not.stringContaining(SECRET),
    });
  });
  it('tries again where Fulcio is busy', async () => {
    const { identity } = certify((_, call) => (call === 0 ? new Response('', { status: 503 }) : chain(PEM)));
    expect((await identity).certificate.byteLength).toBeGreaterThan(0);
  });
});

describe('requestTimestamp', () => {
  const stamp = (answer: Answer) => {
    const caller = fakeCaller(answer);
    return { caller, bytes: requestTimestamp(caller, 'https://tsa.test/api/v1/timestamp', Buffer.from('signature')) };
  };
  const [{ signedTimestamp }] = dsse.verificationMaterial.timestampVerificationData.rfc3161Timestamps as [
    { signedTimestamp: string },
  ];
  const TIMESTAMP = Buffer.from(signedTimestamp, 'base64');
  it('has the hash of the signature confirmed', async () => {
    const { caller, bytes } = stamp(() => new Response(TIMESTAMP, { status: 201 }));
    expect(Buffer.from(await bytes)).toEqual(TIMESTAMP);
    expect(JSON.parse(new TextDecoder().decode(caller.seen[0]?.bytes))).toMatchObject({
      artifactHash: 'Gi/CbcfqWipHSLfLKx7xk9lqssmfkwkvaeYwdbKNEng=',
      hashAlgorithm: 'sha256',
    });
  });
  it('refuses what is no timestamp', async () => {
    await expect(stamp(() => new Response('', { status: 400 })).bytes).rejects.toMatchObject({
      code: 'TIMESTAMP_REFUSED',
    });
  });
  it.each([
    ['more', Buffer.concat([TIMESTAMP, Buffer.from('and more')])],
    ['less', TIMESTAMP.subarray(0, -1)],
  ])('takes %s than a timestamp for a failure that may pass', async (_, body) => {
    await expect(stamp(() => new Response(body)).bytes).rejects.toMatchObject({ code: 'PEER_FAILED' });
  });
  it('reads no more than a timestamp has', async () => {
    await expect(stamp(() => new Response('x'.repeat(65_537))).bytes).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});
