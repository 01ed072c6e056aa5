import { createPrivateKey, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestCertificate } from '../../../src/lib/sigstore/certificate.ts';
import { logEnvelope } from '../../../src/lib/sigstore/log.ts';
import { parseSigningConfig } from '../../../src/lib/sigstore/signing-config.ts';
import { COSIGN_PREDICATE, PAYLOAD_TYPE, preAuthEncode, STATEMENT_TYPE } from '../../../src/lib/sigstore/statement.ts';
import { requestTimestamp } from '../../../src/lib/sigstore/timestamp.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { type VerifyOptions, verifyBundle } from '../../../src/lib/sigstore/verify.ts';
import { createSetup, DIGEST, ISSUER, type Setup, signWith } from '../../demo/sigstore-setup.ts';
import { codeOf } from './setup.ts';

const IDENTITY = 'https://github.com/mudler/LocalAI/.github/workflows/backend_merge.yml@refs/heads/master';
const POLICY = { issuer: ISSUER, identity: IDENTITY };

function verify({ sigstore }: Setup, bundle: unknown, change: Partial<VerifyOptions> = {}) {
  const trust = parseTrustedRoot(sigstore.trustedRoot);
  return verifyBundle({
    bundle,
    artifact: { digest: DIGEST },
    policy: POLICY,
    trust,
    requireCosignPredicate: true,
    ...change,
  });
}

/** Signs any payload of any type, genuinely. */
async function signPayload({ issuer, sigstore, caller }: Setup, payloadType: string, content: string): Promise<object> {
  const { fulcioUrl, rekor, timestampUrl } = parseSigningConfig(sigstore.signingConfig, caller.now());
  const identity = await requestCertificate(caller, fulcioUrl, await issuer.token(issuer.claims(), 'sigstore'));
  const payload = Buffer.from(content);
  const encoded = preAuthEncode(payloadType, payload);
  const key = createPrivateKey({ key: Buffer.from(identity.privateKey), format: 'der', type: 'pkcs8' });
  const signature = sign('sha256', encoded, key);
  const { certificate } = identity;
  const entry = await logEnvelope(caller, rekor, { payload, payloadType, signature, encoded, certificate });
  const stamp = timestampUrl === undefined ? undefined : await requestTimestamp(caller, timestampUrl, signature);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate) },
      tlogEntries: [entry],
      ...(stamp ? { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(stamp) }] } } : {}),
    },
    dsseEnvelope: { payload: base64(payload), payloadType, signatures: [{ sig: base64(signature) }] },
  };
}

describe.each([1, 2] as const)('what is signed with Rekor v%i', (rekorMajor) => {
  let setup: Setup;
  let bundle: unknown;
  let logIndex: string;
  beforeAll(async () => {
    setup = await createSetup(rekorMajor);
    const signed = await signWith(setup);
    bundle = JSON.parse(signed.json);
    logIndex = signed.logIndex;
  });

  it('verifies, with the log index that the signer was told', () => {
    expect(verify(setup, bundle)).toMatchObject({
      signer: { ...POLICY, source_repository_id: '614592349', runner_environment: 'github-hosted' },
      log: { index: logIndex },
      predicate_type: COSIGN_PREDICATE,
      subjects: [DIGEST],
    });
  });
  it('has one time, by who vouches for it', () => {
    const { timestamps, log } = verify(setup, bundle);
    expect(timestamps.map(({ type }) => type)).toEqual([rekorMajor === 1 ? 'transparency-log' : 'timestamp-authority']);
    expect('integrated_at' in log).toBe(rekorMajor === 1);
  });
  it('verifies also where many entries stand before it', async () => {
    for (let more = 0; more < 4; more += 1) await signWith(setup);
    const { json, logIndex: last } = await signWith(setup);
    expect(verify(setup, JSON.parse(json)).log.index).toBe(last);
  });
  it.each([
    ['SUBJECT_MISMATCH', { artifact: { digest: `sha256:${'b'.repeat(64)}` } }],
    ['PREDICATE_UNEXPECTED', { policy: { ...POLICY, predicate_type: 'https://other.test' } }],
    ['ISSUER_MISMATCH', { policy: { ...POLICY, issuer: 'https://other.test' } }],
    ['IDENTITY_MISMATCH', { policy: { ...POLICY, source_repository_id: '1' } }],
    ['SIGNED_BEFORE_CUTOFF', { policy: { ...POLICY, not_before: '2099-01-01T00:00:00Z' } }],
  ])('is refused with %s', (code, change) => {
    expect(codeOf(() => verify(setup, bundle, change))).toBe(code);
  });
  it("is refused with another Sigstore's trusted root", async () => {
    const other = await createSetup(rekorMajor);
    expect(codeOf(() => verify(other, bundle))).toBe('SIGNATURE_INVALID');
  });

  describe('when the payload is no statement of cosign', () => {
    const statement = {
      _type: STATEMENT_TYPE,
      predicateType: 'https://slsa.dev/provenance/v1',
      subject: [{ digest: { sha256: DIGEST.slice(7) } }],
    };
    it('is refused for another predicate, and for an image only', async () => {
      const attestation = await signPayload(setup, PAYLOAD_TYPE, JSON.stringify(statement));
      expect(codeOf(() => verify(setup, attestation))).toBe('PREDICATE_UNEXPECTED');
      expect(verify(setup, attestation, { requireCosignPredicate: false })).toMatchObject({ subjects: [DIGEST] });
    });
    it('is refused for another type of payload, whatever is asked', async () => {
      const foreign = await signPayload(setup, 'text/plain', JSON.stringify(statement));
      expect(codeOf(() => verify(setup, foreign, { requireCosignPredicate: false }))).toBe('PREDICATE_UNEXPECTED');
    });
    it('is refused for a subject without a SHA-256', async () => {
      const other = { ...statement, subject: [{ digest: { sha512: 'a' } }, {}] };
      const attestation = await signPayload(setup, PAYLOAD_TYPE, JSON.stringify(other));
      expect(codeOf(() => verify(setup, attestation, { requireCosignPredicate: false }))).toBe('SUBJECT_MISMATCH');
    });
  });
});
