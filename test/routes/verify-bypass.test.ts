import { describe, expect, it } from 'vitest';
import dsse from '../lib/gallery/fixtures/dsse.json';
import dsseRoot from '../lib/gallery/fixtures/dsse-trusted-root.json';
import message from '../lib/gallery/fixtures/message-signature.json';
import { ARTIFACT, ARTIFACT_DIGEST, outcomeOf, POLICY, PUBLIC_KEY, setUpRoutes } from './verify-setup.ts';

const { post, get } = setUpRoutes();
const good = { bundle: dsse, artifact_digest: ARTIFACT_DIGEST, policy: POLICY, trusted_root: dsseRoot };
const outcome = async (body: unknown) => outcomeOf(await post('/v1/verify/bundle', body));
const { issuer, identity } = POLICY;
const SHA512 = `sha512:${'a'.repeat(128)}`;

/** What an attacker would have us take for a policy that admits everybody, or for none. */
const POLICIES: readonly (readonly [string, unknown, string])[] = [
  ['a list', [POLICY], '400 BODY_INVALID'],
  ['null', null, '400 BODY_INVALID'],
  ['true', true, '400 BODY_INVALID'],
  ['a policy as text', JSON.stringify(POLICY), '400 POLICY_INVALID'],
  ['the name of a member that every object has', 'constructor', '400 POLICY_INVALID'],
  ['the name of the prototype', '__proto__', '400 POLICY_INVALID'],
  ['a name with a NUL', 'beacon\u0000', '400 POLICY_INVALID'],
  ['a name in capitals', 'BEACON', '400 POLICY_INVALID'],
  ['members of the prototype', JSON.parse(`{"__proto__":${JSON.stringify(POLICY)}}`), '400 POLICY_INVALID'],
  ['an identity in a list', { issuer, identity: [identity] }, '400 POLICY_INVALID'],
  ['an identity that is null', { issuer, identity: null }, '400 POLICY_INVALID'],
  ['an empty identity', { issuer, identity: '' }, '400 POLICY_INVALID'],
  ['an empty regex', { issuer, identity_regex: '' }, '400 POLICY_INVALID'],
  ['a regex of another dialect', { issuer, identity_regex: '^(?=https)' }, '400 POLICY_INVALID'],
  ['a regex with a back reference', { issuer, identity_regex: '^(a)\\1$' }, '400 POLICY_INVALID'],
  ['a pin that is a number', { ...POLICY, source_repository_id: 1 }, '400 POLICY_INVALID'],
  ['a pin with a sign', { ...POLICY, source_repository_id: '+1' }, '400 POLICY_INVALID'],
  ['an empty pin', { ...POLICY, runner_environment: '' }, '400 POLICY_INVALID'],
  ['a time that is a number', { ...POLICY, not_before: 0 }, '400 POLICY_INVALID'],
  ['a time without a zone', { ...POLICY, not_before: '2026-01-01T00:00:00' }, '400 POLICY_INVALID'],
  ['a day that no month has', { ...POLICY, not_before: '2026-02-30T00:00:00Z' }, '400 POLICY_INVALID'],
  ['a mode that nobody knows', { ...POLICY, mode: 'off' }, '400 POLICY_INVALID'],
  ['a key beside the identity', { ...POLICY, public_key: PUBLIC_KEY }, '400 POLICY_INVALID'],
  ['a key beside a pin', { public_key: PUBLIC_KEY, source_repository_id: '1' }, '400 POLICY_INVALID'],
  ['an identity with a space behind', { issuer, identity: `${identity} ` }, '403 IDENTITY_MISMATCH'],
  ['an identity with a line break behind', { issuer, identity: `${identity}\n` }, '403 IDENTITY_MISMATCH'],
  ['an issuer with a slash behind', { issuer: `${issuer}/`, identity }, '403 ISSUER_MISMATCH'],
  ['an issuer of another scheme', { issuer: issuer.replace('https', 'http'), identity }, '403 ISSUER_MISMATCH'],
  [
    'an exact identity that is right, and a regex that is not',
    { ...POLICY, identity_regex: 'x{3}' },
    '403 IDENTITY_MISMATCH',
  ],
  [
    'a regex that is right, and an exact issuer that is not',
    { ...POLICY, issuer: 'x', issuer_regex: '.' },
    '403 ISSUER_MISMATCH',
  ],
  ['a mode that only warns', { issuer, identity: 'x', mode: 'warn' }, '403 IDENTITY_MISMATCH'],
  ["a key, for a certificate's bundle", { public_key: PUBLIC_KEY }, '403 SIGNATURE_INVALID'],
];

describe('POST /v1/verify/bundle', () => {
  it('passes what the following change', async () => {
    expect(await outcome(good)).toBe('200 VERIFIED');
  });
  it.each(POLICIES)('is not moved by %s for a policy', async (_, policy, expected) => {
    expect(await outcome({ ...good, policy })).toBe(expected);
  });

  it.each(['^https://other\\.test/|', '(?m)^https://', '|^$', '.*', 'github', '(^https)|x'])(
    'passes a signer that the regex %s admits, and says that it is loose',
    async (identity_regex) => {
      const response = await post('/v1/verify/bundle', { ...good, policy: { issuer, identity_regex } });
      expect(await response.json()).toMatchObject({ verified: true, policy: { loose: true } });
    },
  );
  it.each(['^https://github\\.com$', '^$', '\\Ahttps://github\\.com/sigstore-conformance\\z', '^(?:https://other)$'])(
    'refuses a signer that the regex %s would match but for its anchors',
    async (identity_regex) => {
      expect(await outcome({ ...good, policy: { issuer, identity_regex } })).toBe('403 IDENTITY_MISMATCH');
    },
  );

  it.each([
    ['SHA-512', { artifact_digest: SHA512 }, '400 BODY_INVALID'],
    ['a digest in capitals', { artifact_digest: ARTIFACT_DIGEST.toUpperCase() }, '400 BODY_INVALID'],
    ['a digest with a space', { artifact_digest: `${ARTIFACT_DIGEST} ` }, '400 BODY_INVALID'],
    ['several digests', { artifact_digest: [ARTIFACT_DIGEST] }, '400 BODY_INVALID'],
    ['no artifact at all', { artifact_digest: undefined }, '400 BODY_INVALID'],
    ['an empty artifact', { artifact_digest: undefined, artifact: '' }, '403 SUBJECT_MISMATCH'],
    [
      'its statement for the artifact',
      { artifact_digest: undefined, artifact: dsse.dsseEnvelope.payload },
      '403 SUBJECT_MISMATCH',
    ],
  ])('takes nothing else for what was signed: %s', async (_, change, expected) => {
    expect(await outcome({ ...good, ...change })).toBe(expected);
  });

  it('believes no digest that a plain signature claims', async () => {
    const digest = Buffer.from('0'.repeat(64), 'hex').toString('base64');
    const { signature } = message.messageSignature;
    const claimed = { ...message, messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature } };
    expect(await outcome({ bundle: claimed, artifact: btoa(ARTIFACT), policy: POLICY })).toBe('403 SIGNATURE_INVALID');
    for (const algorithm of ['SHA2_512', 'SHA3_256', 'MD5', 99]) {
      const { messageDigest } = message.messageSignature;
      const other = { ...message, messageSignature: { messageDigest: { ...messageDigest, algorithm }, signature } };
      expect(await outcome({ bundle: other, artifact: btoa(ARTIFACT), policy: POLICY })).toMatch(/^403 /);
    }
  });

  describe('when a trusted root comes with the request', () => {
    const { trusted_root: _, ...rootless } = good;
    it('trusts it for that request, and no longer', async () => {
      expect(await outcome(good)).toBe('200 VERIFIED');
      expect(await outcome(rootless)).toBe('403 SIGNATURE_INVALID');
    });
    it.each([
      ['null', null],
      ['a list', [dsseRoot]],
      ['text', JSON.stringify(dsseRoot)],
      ['nothing in it', {}],
    ])('does not fall back to ours where it is none: %s', async (_, trusted_root) => {
      expect(await outcome({ ...rootless, trusted_root })).toMatch(/^400 /);
    });
    it.each(['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'] as const)(
      'verifies nothing without its %s',
      async (member) => {
        expect(await outcome({ ...good, trusted_root: { ...dsseRoot, [member]: [] } })).toMatch(/^(400|403) /);
      },
    );
    it('counts no log or authority before or after its time', async () => {
      const times = [{ start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }, { start: '2099-01-01T00:00:00Z' }];
      for (const validFor of times) {
        const certificateAuthorities = dsseRoot.certificateAuthorities.map((one) => ({ ...one, validFor }));
        const timestampAuthorities = dsseRoot.timestampAuthorities.map((one) => ({ ...one, validFor }));
        const ctlogs = dsseRoot.ctlogs.map((one) => ({ ...one, publicKey: { ...one.publicKey, validFor } }));
        for (const change of [{ certificateAuthorities }, { timestampAuthorities }, { ctlogs }])
          expect(await outcome({ ...good, trusted_root: { ...dsseRoot, ...change } })).toBe('403 SIGNATURE_INVALID');
      }
    });
  });
});

describe('GET /v1/verify', () => {
  it.each([
    ['an inline policy', `ref=quay.io/a/b:v1&policy=${encodeURIComponent(JSON.stringify(POLICY))}`, 400],
    ['a digest of SHA-512', `ref=quay.io/a/b@${SHA512}&policy=beacon`, 400],
    ['a digest in capitals', `ref=quay.io/a/b@${ARTIFACT_DIGEST.toUpperCase()}&policy=beacon`, 400],
    ['two digests', `ref=quay.io/a/b@${ARTIFACT_DIGEST}@${ARTIFACT_DIGEST}&policy=beacon`, 400],
    ['a path that climbs', 'ref=quay.io/a/../b:v1&policy=beacon', 400],
    ['a path that is encoded', 'ref=quay.io/a%252f..%252fb:v1&policy=beacon', 400],
    ['a query in the reference', 'ref=quay.io/a/b:v1%3Fx%3Dy&policy=beacon', 400],
    ['a line break in the reference', 'ref=quay.io/a/b:v1%0a&policy=beacon', 400],
    ['a URL', 'ref=https://quay.io/a/b:v1&policy=beacon', 400],
    ['a platform that climbs', 'ref=quay.io/a/b:v1&platform=linux/amd64/../x&policy=beacon', 400],
  ])('answers no verdict to %s', async (_, query, status) => {
    const response = await get(Object.fromEntries(new URLSearchParams(query)));
    expect(response.status).toBe(status);
  });
});
