import { describe, expect, it } from 'vitest';
import { createBundleMemory } from '../../../src/lib/sigstore/verify.ts';
import { ARTIFACT, codeOf, DIGEST, dsse, edit, message, POLICY, verifyDsse, verifyMessage } from './setup.ts';

const ENTRY = 'verificationMaterial.tlogEntries.0';
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** A statement in place of the signed one. */
const forged = (statement: unknown) =>
  edit(dsse, 'dsseEnvelope.payload', base64(typeof statement === 'string' ? statement : JSON.stringify(statement)));

describe('verifyBundle', () => {
  it('says who signed what, when, and where that is logged', () => {
    expect(verifyDsse()).toMatchObject({
      signer: { ...POLICY, source_repository: expect.stringContaining('https://github.com/') },
      timestamps: [{ type: 'timestamp-authority' }],
      log: { index: expect.stringMatching(/^\d+$/), id: expect.stringMatching(/^[0-9a-f]+$/) },
      subjects: [DIGEST],
      predicate_type: expect.any(String),
    });
  });

  it("says the log's own time where the log promised the entry", () => {
    const { timestamps, log } = verifyMessage();
    expect(timestamps).toEqual([{ type: 'transparency-log', time: log.integrated_at }]);
  });

  describe('when a number is not vouched for', () => {
    it("refuses an index of Rekor v2 that is not the proof's", () => {
      expect(codeOf(() => verifyDsse(edit(dsse, `${ENTRY}.logIndex`, '7')))).toBe('BUNDLE_MALFORMED');
    });
    const [signed = { time: '' }] = verifyDsse().timestamps;
    const seconds = String(Math.floor(Date.parse(signed.time) / 1000));
    it('names no time that no promise covers', () => {
      const { log, timestamps } = verifyDsse(edit(dsse, `${ENTRY}.integratedTime`, seconds));
      expect(log).not.toHaveProperty('integrated_at');
      expect(timestamps.map(({ type }) => type)).toEqual(['timestamp-authority']);
    });
    it('counts no such time against not_before', () => {
      const bundle = edit(dsse, `${ENTRY}.integratedTime`, String(Number(seconds) - 1));
      expect(verifyDsse(bundle, { policy: { ...POLICY, not_before: signed.time } })).toBeDefined();
    });
    it("refuses one outside of the certificate's", () => {
      expect(codeOf(() => verifyDsse(edit(dsse, `${ENTRY}.integratedTime`, '1700000000')))).toBe('SIGNATURE_INVALID');
    });
    it('refuses a promised entry whose index or time was changed', () => {
      expect(codeOf(() => verifyMessage(edit(message, `${ENTRY}.logIndex`, '7')))).toBe('SIGNATURE_INVALID');
      expect(codeOf(() => verifyMessage(edit(message, `${ENTRY}.integratedTime`, '7')))).toBe('SIGNATURE_INVALID');
    });
  });

  describe('when something is missing', () => {
    it.each([
      ['BUNDLE_MALFORMED', `${ENTRY}.inclusionProof`],
      ['SIGNATURE_INVALID', 'verificationMaterial.timestampVerificationData'],
      ['SIGNATURE_INVALID', 'verificationMaterial.tlogEntries'],
      ['BUNDLE_MALFORMED', 'verificationMaterial.certificate'],
      ['BUNDLE_MALFORMED', 'verificationMaterial'],
      ['BUNDLE_MALFORMED', 'dsseEnvelope'],
      ['BUNDLE_MALFORMED', 'mediaType'],
    ])('refuses with %s: %s', (code, path) => {
      expect(codeOf(() => verifyDsse(edit(dsse, path, undefined)))).toBe(code);
    });
  });

  describe('when something was changed', () => {
    it.each([
      ['SIGNATURE_INVALID', 'dsseEnvelope.signatures.0.sig', base64('x')],
      ['SIGNATURE_INVALID', 'dsseEnvelope.payloadType', 'text/plain'],
      ['SIGNATURE_INVALID', `${ENTRY}.canonicalizedBody`, base64('{}')],
      ['BUNDLE_MALFORMED', `${ENTRY}.inclusionProof.rootHash`, base64('x')],
      ['BUNDLE_MALFORMED', `${ENTRY}.inclusionProof.logIndex`, '0'],
      ['SIGNATURE_INVALID', `${ENTRY}.inclusionProof.hashes`, []],
      ['BUNDLE_MALFORMED', 'verificationMaterial.certificate.rawBytes', base64('x')],
      [
        'BUNDLE_MALFORMED',
        'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp',
        base64('x'),
      ],
    ])('refuses with %s: %s', (code, path, value) => {
      expect(codeOf(() => verifyDsse(edit(dsse, path, value)))).toBe(code);
    });
    it('refuses another statement under the same signature', () => {
      const statement = { predicateType: 'x', subject: [{ digest: { sha256: '0'.repeat(64) } }] };
      expect(codeOf(() => verifyDsse(forged(statement), { artifact: { digest: `sha256:${'0'.repeat(64)}` } }))).toBe(
        'SIGNATURE_INVALID',
      );
    });
    it.each(['', '{', 'null', '{"subject":7}', '{"subject":[null]}'])(
      'refuses a statement that is none: %s',
      (text) => {
        expect(codeOf(() => verifyDsse(forged(text)))).toBe('BUNDLE_MALFORMED');
      },
    );
    it('counts the same entry, or the same timestamp, once', () => {
      const [entry] = dsse.verificationMaterial.tlogEntries;
      const [stamp] = dsse.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
      const twice = edit(dsse, 'verificationMaterial.tlogEntries', [entry, entry]);
      expect(codeOf(() => verifyDsse(twice))).toBe('SIGNATURE_INVALID');
      const stamped = edit(dsse, 'verificationMaterial.timestampVerificationData.rfc3161Timestamps', [stamp, stamp]);
      expect(codeOf(() => verifyDsse(stamped))).toBe('SIGNATURE_INVALID');
    });
  });

  describe('when it would cost too much', () => {
    const digits = '9'.repeat(1_000_000);
    it.each([`${ENTRY}.logIndex`, `${ENTRY}.inclusionProof.logIndex`])(
      'computes with no number of a million digits: %s',
      (path) => {
        expect(codeOf(() => verifyDsse(edit(dsse, path, digits)))).toBe('BUNDLE_MALFORMED');
      },
    );
    it('reads no checkpoint of a million digits', () => {
      const checkpoint = `log\n${digits}\nAAAA\n\n— log AAAAAAAA\n`;
      const bundle = edit(dsse, `${ENTRY}.inclusionProof.checkpoint.envelope`, checkpoint);
      expect(codeOf(() => verifyDsse(bundle))).toBe('BUNDLE_MALFORMED');
    });
    it.each(['tlogEntries', 'timestampVerificationData.rfc3161Timestamps'])('looks at no more than 32: %s', (path) => {
      const list = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], dsse.verificationMaterial);
      const many = Array(33).fill((list as unknown[])[0]);
      expect(codeOf(() => verifyDsse(edit(dsse, `verificationMaterial.${path}`, many)))).toBe('BUNDLE_MALFORMED');
    });
  });

  describe('when the bundle is a plain signature', () => {
    it('verifies the artifact', () => {
      expect(verifyMessage()).toMatchObject({ signer: POLICY, subjects: [] });
      expect(codeOf(() => verifyMessage(message, { artifact: { bytes: ARTIFACT.subarray(1) } }))).toBe(
        'SIGNATURE_INVALID',
      );
    });
    it('asks for the artifact where there is but its digest', () => {
      expect(codeOf(() => verifyMessage(message, { artifact: { digest: DIGEST } }))).toBe('ARTIFACT_REQUIRED');
    });
    it('has the predicate that an image needs', () => {
      expect(verifyMessage(message, { requireCosignPredicate: true })).toBeDefined();
    });
  });

  describe('when the policy wants more', () => {
    it.each([
      ['SUBJECT_MISMATCH', { artifact: { digest: `sha256:${'0'.repeat(64)}` } }],
      ['PREDICATE_UNEXPECTED', { requireCosignPredicate: true }],
      ['PREDICATE_UNEXPECTED', { policy: { ...POLICY, predicate_type: 'https://other.test' } }],
      ['ISSUER_MISMATCH', { policy: { ...POLICY, issuer: 'https://other.test' } }],
      ['IDENTITY_MISMATCH', { policy: { ...POLICY, identity: `${POLICY.identity}x` } }],
      ['SIGNED_BEFORE_CUTOFF', { policy: { ...POLICY, not_before: '2099-01-01T00:00:00Z' } }],
    ])('refuses with %s', (code, change) => {
      expect(codeOf(() => verifyDsse(dsse, change))).toBe(code);
    });
    it('takes a signature of the very moment', () => {
      const [first] = verifyDsse().timestamps;
      expect(verifyDsse(dsse, { policy: { ...POLICY, not_before: first?.time } })).toBeDefined();
    });
    it("takes the policy's own predicate in place of cosign's", () => {
      const { predicate_type } = verifyDsse();
      expect(verifyDsse(dsse, { requireCosignPredicate: true, policy: { ...POLICY, predicate_type } })).toBeDefined();
    });
  });
});

describe('createBundleMemory', () => {
  it('passes a plain signature for its own artifact only, whatever was asked before', () => {
    const memory = createBundleMemory();
    const other = { artifact: { bytes: new TextEncoder().encode('other') }, memory };
    expect(codeOf(() => verifyMessage(message, other))).toBe('SIGNATURE_INVALID');
    expect(codeOf(() => verifyMessage(message, { artifact: { digest: DIGEST }, memory }))).toBe('ARTIFACT_REQUIRED');
    expect(codeOf(() => verifyMessage(message, { memory }))).toBe('no error');
    expect(codeOf(() => verifyMessage(message, other))).toBe('SIGNATURE_INVALID');
  });
  it('takes a bundle for the managed key of one policy only', () => {
    const memory = createBundleMemory();
    expect(codeOf(() => verifyDsse(dsse, { memory }))).toBe('no error');
    const policy = { public_key: 'x' };
    expect(codeOf(() => verifyDsse(dsse, { memory, policy }))).toBe('SIGNATURE_INVALID');
  });
  it('still asks for the subject, and for the signer', () => {
    const memory = createBundleMemory();
    expect(codeOf(() => verifyDsse(dsse, { memory }))).toBe('no error');
    const artifact = { digest: DIGEST.replace('a', 'b') };
    expect(codeOf(() => verifyDsse(dsse, { memory, artifact }))).toBe('SUBJECT_MISMATCH');
    const policy = { ...POLICY, issuer: 'x' };
    expect(codeOf(() => verifyDsse(dsse, { memory, policy }))).toBe('ISSUER_MISMATCH');
  });
});
