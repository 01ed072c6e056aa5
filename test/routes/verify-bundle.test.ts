import { describe, expect, it } from 'vitest';
import dsse from '../lib/gallery/fixtures/dsse.json';
import dsseRoot from '../lib/gallery/fixtures/dsse-trusted-root.json';
import managedKey from '../lib/gallery/fixtures/managed-key.json';
import bundle from '../lib/gallery/fixtures/message-signature.json';
import { ARTIFACT, ARTIFACT_DIGEST, outcomeOf, POLICY, PUBLIC_KEY, setUpRoutes } from './verify-setup.ts';

const artifact = btoa(ARTIFACT);
const request = { bundle, artifact, policy: POLICY };
const dsseRequest = { bundle: dsse, artifact_digest: ARTIFACT_DIGEST, policy: POLICY, trusted_root: dsseRoot };

/** A root whose first log does not say from when it counts. */
function withoutStart(root: typeof dsseRoot) {
  const [log, ...others] = root.tlogs;
  const { validFor: _, ...publicKey } = log?.publicKey ?? {};
  return { ...root, tlogs: [{ ...log, publicKey }, ...others] };
}

const { post } = setUpRoutes();
const outcome = async (body: unknown) => outcomeOf(await post('/v1/verify/bundle', body));

describe('POST /v1/verify/bundle', () => {
  it('verifies a bundle and says what it rests on', async () => {
    const response = await post('/v1/verify/bundle', request);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      verified: true,
      signer: { identity: POLICY.identity, issuer: POLICY.issuer },
      policy: { loose: false },
      trusted_root: { source: 'packaged', sha256: 'ab' },
    });
  });

  it.each([
    ['as text', { ...request, bundle: JSON.stringify(bundle) }],
    ['under a policy by name', { ...request, policy: 'beacon' }],
    ['by digest, with its own trusted root', dsseRequest],
    ['signed with a managed key', { ...request, bundle: managedKey, policy: { public_key: PUBLIC_KEY } }],
  ])('verifies a bundle %s', async (_, body) => {
    expect(await outcome(body)).toBe('200 VERIFIED');
  });

  it('names the trusted root that came with the request', async () => {
    const body = await (await post('/v1/verify/bundle', dsseRequest)).json();
    expect(body).toMatchObject({ trusted_root: { source: 'request' }, subjects: [ARTIFACT_DIGEST] });
  });

  const { certificate: _, ...noCertificate } = bundle.verificationMaterial as Record<string, unknown>;
  it.each([
    ['ISSUER_MISMATCH', { ...request, policy: { ...POLICY, issuer: 'https://other.test' } }],
    ['IDENTITY_MISMATCH', { ...request, policy: { ...POLICY, identity: `${POLICY.identity}x` } }],
    ['IDENTITY_MISMATCH', { ...request, policy: { ...POLICY, identity: POLICY.identity.replaceAll('.', '_') } }],
    ['IDENTITY_MISMATCH', { ...request, policy: { ...POLICY, source_repository_id: '1' } }],
    ['SIGNED_BEFORE_CUTOFF', { ...request, policy: { ...POLICY, not_before: '2026-10-01T00:00:00Z' } }],
    ['PREDICATE_UNEXPECTED', { ...dsseRequest, policy: { ...POLICY, predicate_type: 'https://other.test' } }],
    ['SUBJECT_MISMATCH', { ...dsseRequest, artifact_digest: `sha256:${'0'.repeat(64)}` }],
    ['SIGNATURE_INVALID', { ...request, artifact: btoa('other') }],
    ['SIGNATURE_INVALID', { ...request, bundle: managedKey }],
    ['BUNDLE_MALFORMED', { ...request, bundle: {} }],
    ['BUNDLE_MALFORMED', { ...request, bundle: { ...bundle, verificationMaterial: noCertificate } }],
  ])('refuses with %s', async (code, body) => {
    expect(await outcome(body)).toBe(`403 ${code}`);
  });

  it.each([
    ['a body that is not JSON', '{', 'BODY_INVALID'],
    ['a key twice', JSON.stringify(request).replace('{', '{"policy":"beacon",'), 'BODY_INVALID'],
    [
      'a key of the policy twice',
      JSON.stringify(request).replace('"identity"', '"identity":"x","identity"'),
      'BODY_INVALID',
    ],
    [
      'a key of the bundle twice',
      { ...request, bundle: JSON.stringify(bundle).replace('{', '{"mediaType":"x",') },
      'BODY_INVALID',
    ],
    ['a bundle that is not JSON', { ...request, bundle: '{' }, 'BODY_INVALID'],
    ['a bundle that is a list', { ...request, bundle: [] }, 'BODY_INVALID'],
    ['both artifacts', { ...request, artifact_digest: ARTIFACT_DIGEST }, 'BODY_INVALID'],
    ['no artifact', { bundle, policy: POLICY }, 'BODY_INVALID'],
    ['an artifact that is not base64', { ...request, artifact: '*' }, 'BODY_INVALID'],
    ['another digest algorithm', { ...dsseRequest, artifact_digest: 'sha1:00' }, 'BODY_INVALID'],
    ['a key that nobody knows', { ...request, extra: 1 }, 'BODY_INVALID'],
    ['an empty policy', { ...request, policy: {} }, 'POLICY_INVALID'],
    ['a partial policy', { ...request, policy: { issuer: POLICY.issuer } }, 'POLICY_INVALID'],
    ['a policy with an unknown key', { ...request, policy: { ...POLICY, identiy: 'x' } }, 'POLICY_INVALID'],
    [
      'a regex of 513 characters',
      { ...request, policy: { issuer: 'i', identity_regex: 'a'.repeat(513) } },
      'POLICY_INVALID',
    ],
    ['a key that is no key', { ...request, policy: { public_key: 'x' } }, 'POLICY_INVALID'],
    ['a policy that is not configured', { ...request, policy: 'other' }, 'POLICY_INVALID'],
    ['a trusted root without a log', { ...request, trusted_root: {} }, 'ROOT_INVALID'],
    ['a trusted root that is none', { ...request, trusted_root: { tlogs: [{ publicKey: 1 }] } }, 'ROOT_INVALID'],
    [
      'a digest for a plain signature',
      { bundle, artifact_digest: ARTIFACT_DIGEST, policy: POLICY },
      'ARTIFACT_REQUIRED',
    ],
    ['a log that counts always', { ...dsseRequest, trusted_root: withoutStart(dsseRoot) }, 'ROOT_INVALID'],
  ])('answers 400 to %s', async (_, body, code) => {
    expect(await outcome(body)).toBe(`400 ${code}`);
  });

  it('answers 400 to a trusted root that nests too deeply', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const text = JSON.stringify({ ...request, trusted_root: {} }).replace(
      '"trusted_root":{}',
      `"trusted_root":{"x":${deep}}`,
    );
    expect((await post('/v1/verify/bundle', text)).status).toBe(400);
  });

  it('answers 413 to more than 8 MiB', async () => {
    expect(await outcome(`"${'x'.repeat(8 * 1024 * 1024)}"`)).toBe('413 BODY_TOO_LARGE');
  });

  it('reads an artifact of almost 8 MiB', async () => {
    expect(await outcome({ ...request, artifact: 'AAAA'.repeat(2_080_000) })).toBe('403 SIGNATURE_INVALID');
  });
});
