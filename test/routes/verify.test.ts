import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/lib/http-error.ts';
import { OciError } from '../../src/lib/oci/error.ts';
import { SigstoreError } from '../../src/lib/sigstore/error.ts';
import { outcomeOf, POLICY, setUpRoutes } from './verify-setup.ts';

const query = { ref: 'quay.io/a/b:v1', policy: 'beacon' };

/** An image with a bundle that is none. */
async function setUpImage(...args: Parameters<typeof setUpRoutes>) {
  const routes = setUpRoutes(...args);
  const image = await routes.fake.addImage('amd64');
  routes.fake.tags.set('v1', image.digest);
  return { ...routes, image };
}

describe('GET /v1/verify', () => {
  it('answers 403 with the verdict and what it rests on', async () => {
    const { get, image } = await setUpImage();
    const response = await get(query);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      verified: false,
      code: 'SIGNATURE_MISSING',
      ref: query.ref,
      pinned: `quay.io/a/b@${image.digest}`,
      digest: image.digest,
      policy: { name: 'beacon', loose: false },
      trusted_root: { source: 'packaged' },
      localai: { verified: false, code: 'SIGNATURE_MISSING' },
      cached: false,
      checked_at: '2026-11-01T00:00:00.000Z',
    });
  });

  it('says that a policy is loose', async () => {
    const { get } = await setUpImage();
    expect(await (await get({ ...query, policy: 'loose' })).json()).toMatchObject({ policy: { loose: true } });
  });

  it.each([
    ['an image that is not there', { ref: 'quay.io/a/b:v2' }, '404 IMAGE_NOT_FOUND'],
    ['a platform that is not there', { platform: 'linux/s390x' }, '404 PLATFORM_NOT_FOUND'],
    ['a platform that is none', { platform: 'linux' }, '400 REFERENCE_INVALID'],
    ['a reference that is none', { ref: 'quay.io/A' }, '400 REFERENCE_INVALID'],
    ['no reference', { ref: '' }, '400 REFERENCE_INVALID'],
    ['a registry that is not configured', { ref: 'quay.io.evil.test/a/b' }, '403 REGISTRY_NOT_ALLOWED'],
    ['a port that is not configured', { ref: 'quay.io:444/a/b' }, '403 REGISTRY_NOT_ALLOWED'],
    ['an address', { ref: '127.0.0.1:80/a/b' }, '403 REGISTRY_NOT_ALLOWED'],
    ['a user in front of the host', { ref: 'quay.io@127.0.0.1/a/b' }, '400 REFERENCE_INVALID'],
    ['no policy', { policy: '' }, '400 POLICY_INVALID'],
    ['a policy that is not configured', { policy: 'x' }, '400 POLICY_INVALID'],
  ])('refuses %s', async (_, change, outcome) => {
    const { get } = await setUpImage();
    const response = await get({ ...query, ...change });
    expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    expect(await outcomeOf(response)).toBe(outcome);
  });

  it('takes a reference without a host for one of Docker Hub', async () => {
    const { get, opened } = await setUpImage();
    await get({ ...query, ref: 'oci://a/b:v1' });
    expect(opened).toEqual(['anonymous docker.io/a/b']);
  });

  it.each([
    ['a private repository', new OciError('UNAUTHORIZED', 'x'), '404 IMAGE_NOT_FOUND'],
    ['a registry that fails', new HttpError('PEER_FAILED', 'x'), '502 PEER_FAILED'],
    ['a digest that the registry made up', new OciError('DIGEST_INVALID', 'x'), '502 DIGEST_INVALID'],
  ])('answers for %s', async (_, error, outcome) => {
    const { get, fake } = await setUpImage();
    fake.errors.set('v1', error);
    expect(await outcomeOf(await get(query))).toBe(outcome);
  });

  it.each(['TRUST_ROOT_EXPIRED', 'ROOT_INVALID'])(
    'answers 503 where our trusted root is unusable: %s',
    async (code) => {
      const failing = async () => {
        throw new SigstoreError(code as 'ROOT_INVALID', 'x');
      };
      const { get } = await setUpImage({ trust: failing });
      expect((await get(query)).status).toBe(503);
    },
  );

  it('says when our trusted root may be there', async () => {
    const failing = async () => {
      throw new HttpError('PEER_BUSY', 'x', { retryAfterMs: 42_000 });
    };
    const { get } = await setUpImage({ trust: failing });
    expect((await get(query)).headers.get('Retry-After')).toBe('42');
  });

  it('reads only a public target with credentials', async () => {
    const opened: string[] = [];
    const routes = await setUpImage();
    const { get, opened: anonymous } = await setUpImage({
      publicTarget: (name) => {
        opened.push(name);
        return routes.fake.repository;
      },
    });
    await get({ ...query, ref: 'quay.io/a/public:v1' });
    await get({ ...query, ref: 'quay.io/a/private:v1' });
    expect({ opened, anonymous }).toEqual({ opened: ['quay.io/a/public'], anonymous: ['anonymous quay.io/a/private'] });
  });

  it('keeps to its budget until the hour is over', async () => {
    const { get, clock } = await setUpImage({ requestsPerHour: 6 });
    expect((await get(query)).status).toBe(403);
    const refused = await get({ ...query, policy: 'loose' });
    expect(refused.headers.get('Retry-After')).toBe('3600');
    expect(await outcomeOf(refused)).toBe('503 BUDGET_EXHAUSTED');
    clock.now += 3_600_000;
    expect((await get(query)).status).toBe(403);
  });

  describe('when it was asked before', () => {
    const cachedAfter = async (ms: number, change: Record<string, string> = {}) => {
      const { get, clock, image } = await setUpImage();
      const asked = { ...query, ref: `quay.io/a/b@${image.digest}` };
      await get(asked);
      clock.now += ms;
      return ((await (await get({ ...asked, ...change })).json()) as { cached: boolean }).cached;
    };
    it('keeps a refusal for ten seconds', async () => {
      expect([await cachedAfter(9999), await cachedAfter(10_000)]).toEqual([true, false]);
    });
    it('keeps it for one policy and one platform', async () => {
      expect(await cachedAfter(0, { policy: 'loose' })).toBe(false);
      expect(await cachedAfter(0, { platform: 'linux/amd64' })).toBe(false);
    });
    it('notices within seconds that a tag moved', async () => {
      const { get, clock, fake } = await setUpImage();
      await get(query);
      const { digest } = await fake.addImage('arm64');
      fake.tags.set('v1', digest);
      clock.now += 5000;
      expect(await (await get(query)).json()).toMatchObject({ digest, cached: false });
    });
    it('says so where only what the tag names is kept', async () => {
      const { get, clock, fake } = await setUpImage();
      await get(query);
      fake.tags.set('v1', (await fake.addImage('arm64')).digest);
      clock.now += 4999;
      const body = await (await get({ ...query, policy: 'loose' })).json();
      expect(body).toMatchObject({ cached: true, checked_at: '2026-11-01T00:00:00.000Z' });
    });
    it('tells the older of two times, that of the verdict and that of the tag', async () => {
      const { get, clock, image } = await setUpImage();
      const checkedAt = async (change = {}) =>
        ((await (await get({ ...query, ...change })).json()) as { checked_at: string }).checked_at.slice(17, 19);
      const byDigest = { ref: `quay.io/a/b@${image.digest}` };
      await checkedAt({ policy: 'loose' });
      clock.now += 2000;
      expect([await checkedAt(byDigest), await checkedAt()]).toEqual(['02', '00']);
      clock.now += 4000;
      expect([await checkedAt(), await checkedAt({ policy: 'loose' })]).toEqual(['02', '00']);
    });
    it('keeps no error', async () => {
      const { get, fake, image } = await setUpImage();
      fake.errors.set(image.digest, new HttpError('PEER_FAILED', 'x'));
      expect((await get(query)).status).toBe(502);
      fake.errors.clear();
      expect((await get(query)).status).toBe(403);
    });
  });
});

describe('POST /v1/verify', () => {
  it('answers for each reference in order', async () => {
    const { post } = await setUpImage();
    const refs = ['quay.io/a/b:v1', 'quay.io/a/b:v2', 'evil.test/a/b', '//', 'quay.io/a/b:v1'];
    const response = await post('/v1/verify', { refs, policy: 'beacon' });
    const { results } = (await response.json()) as { results: { ref: string; status: number; code: string }[] };
    expect(response.status).toBe(200);
    expect(results.map(({ ref, status, code }) => [ref, status, code])).toEqual([
      ['quay.io/a/b:v1', 403, 'SIGNATURE_MISSING'],
      ['quay.io/a/b:v2', 404, 'IMAGE_NOT_FOUND'],
      ['evil.test/a/b', 403, 'REGISTRY_NOT_ALLOWED'],
      ['//', 400, 'REFERENCE_INVALID'],
      ['quay.io/a/b:v1', 403, 'SIGNATURE_MISSING'],
    ]);
  });

  it.each([
    ['no references', { refs: [], policy: 'beacon' }, 'BODY_INVALID'],
    ['101 references', { refs: Array(101).fill('a'), policy: 'beacon' }, 'BODY_INVALID'],
    ['no policy', { refs: ['a'] }, 'BODY_INVALID'],
    ['an unknown key', { refs: ['a'], policy: POLICY, x: 1 }, 'BODY_INVALID'],
    ['a partial policy', { refs: ['a'], policy: { identity: 'x' } }, 'POLICY_INVALID'],
  ])('answers 400 to %s', async (_, body, code) => {
    const { post } = await setUpImage();
    expect(await outcomeOf(await post('/v1/verify', body))).toBe(`400 ${code}`);
  });
});

describe('GET /v1/policies/:name', () => {
  it('gives the policy with its tag', async () => {
    const response = await setUpRoutes().app.request('/v1/policies/beacon');
    expect(response.headers.get('ETag')).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await response.json()).toEqual({ name: 'beacon', ...POLICY });
  });
  it.each(['ETAG', 'W/ETAG', '"x", ETAG', '*'])('answers 304 to If-None-Match: %s', async (header) => {
    const { app } = setUpRoutes();
    const etag = (await app.request('/v1/policies/beacon')).headers.get('ETag') ?? '';
    const response = await app.request('/v1/policies/beacon', {
      headers: { 'If-None-Match': header.replace('ETAG', etag) },
    });
    expect([response.status, await response.text()]).toEqual([304, '']);
  });
  it('answers 404 where there is none', async () => {
    expect(await outcomeOf(await setUpRoutes().app.request('/v1/policies/x'))).toBe('404 POLICY_NOT_FOUND');
  });
});
