import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/lib/environment.ts';
import { app } from '../../src/routes/app.ts';
import { OPERATIONS } from '../../src/routes/openapi/operations.ts';
import { type LimitName, limitOf, networkOf } from '../../src/routes/rate-limit.ts';

const CLIENT = '203.0.113.9';

/** The Worker with one limit, of so many requests a client. @returns which keys were counted, too */
function withLimit(name: LimitName, allowed: number) {
  const keys: string[] = [];
  const limit: RateLimit = {
    limit: async ({ key }) => {
      keys.push(key);
      return { success: keys.filter((other) => other === key).length <= allowed };
    },
  };
  const limited: Env = { ...env, [name]: limit };
  const get = async (path: string, address?: string, method = 'GET') =>
    app.request(path, { method, headers: address === undefined ? {} : { 'CF-Connecting-IP': address } }, limited);
  return { keys, get };
}

describe('limitOf', () => {
  it.each(OPERATIONS.filter(({ role }) => role).map(({ method, path }) => [method.toUpperCase(), path]))(
    'limits no call that needs a token: %s %s',
    (method, path) => {
      expect(limitOf(method, path)).toBeUndefined();
    },
  );
  it.each(
    OPERATIONS.filter(({ role, path }) => !role && path !== '/healthz').map(({ method, path }) => [
      method.toUpperCase(),
      path,
    ]),
  )('limits what anybody may call: %s %s', (method, path) => {
    expect(limitOf(method, path)).toMatch(/^LIMIT_/);
  });
  it.each<[string, string, LimitName | undefined]>([
    ['GET', '/v1/verify', 'LIMIT_VERIFY'],
    ['GET', '/verify', 'LIMIT_VERIFY'],
    ['GET', '/runs/localai/1', 'LIMIT_READ'],
    ['POST', '/v1/verify/bundle', 'LIMIT_VERIFY'],
    ['POST', '/v1/tags/preview', 'LIMIT_VERIFY'],
    ['POST', '/v1/galleries/localai/audits', 'LIMIT_VERIFY'],
    ['GET', '/v1/galleries/localai', 'LIMIT_READ'],
    ['GET', '/v1/verifying', 'LIMIT_READ'],
    ['HEAD', '/v2/', 'LIMIT_PULL'],
    ['GET', '/v2/quay/a/manifests/b', 'LIMIT_PULL'],
    ['GET', '/', 'LIMIT_READ'],
    ['GET', '/healthz', undefined],
  ])('counts %s %s as %s', (method, path, name) => {
    expect(limitOf(method, path)).toBe(name);
  });
});

describe('networkOf', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1::', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
  ])('is, of %s, %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('a client without a token', () => {
  it('is refused beyond the limit, and told when to come again', async () => {
    const { get } = withLimit('LIMIT_READ', 1);
    expect((await get('/openapi.json', CLIENT)).status).toBe(200);
    const refused = await get('/openapi.json', CLIENT);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
  });
  it('is refused by the registry in the registry’s words', async () => {
    const { get } = withLimit('LIMIT_PULL', 0);
    const refused = await get('/v2/', CLIENT);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
  });
  it('is told so on a page, where that is read by a person', async () => {
    const limited: Env = { ...env, LIMIT_READ: { limit: async () => ({ success: false }) } };
    const headers = { Accept: 'text/html', 'CF-Connecting-IP': CLIENT };
    const refused = await app.request('/', { headers }, limited);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(await refused.text()).toContain('Wait a minute, then load this page again.');
  });
  it('does not count for another', async () => {
    const { get } = withLimit('LIMIT_READ', 1);
    await get('/openapi.json', CLIENT);
    expect((await get('/openapi.json', '203.0.113.10')).status).toBe(200);
  });
  it('counts with its whole IPv6 network', async () => {
    const { get } = withLimit('LIMIT_READ', 1);
    await get('/openapi.json', '2001:db8::1');
    expect((await get('/openapi.json', '2001:db8::2')).status).toBe(429);
  });
  it('may always ask whether the Worker is well', async () => {
    const { get } = withLimit('LIMIT_READ', 0);
    expect((await get('/healthz', CLIENT)).status).toBe(200);
  });
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined])(
    'is not limited on its own machine: %s',
    async (address) => {
      const { get, keys } = withLimit('LIMIT_READ', 0);
      expect((await get('/openapi.json', address)).status).toBe(200);
      expect(keys).toEqual([]);
    },
  );
  it('is not limited where there is no binding', async () => {
    const { LIMIT_READ: _, ...unlimited } = env;
    const response = await app.request('/openapi.json', { headers: { 'CF-Connecting-IP': CLIENT } }, unlimited);
    expect(response.status).toBe(200);
  });
  it('is limited by wrangler.toml’s own binding', async () => {
    // Twice the limit and more: a minute may begin meanwhile.
    const get = () => app.request('/v1/verify', { headers: { 'CF-Connecting-IP': '198.51.100.7' } }, env);
    const statuses = await Promise.all(Array.from({ length: 242 }, async () => (await get()).status));
    expect(statuses).toContain(429);
  });
});

describe('a job with a token', () => {
  it('is never counted', async () => {
    const { get, keys } = withLimit('LIMIT_READ', 0);
    expect((await get('/v1/arrivals', CLIENT, 'POST')).status).toBe(401);
    expect(keys).toEqual([]);
  });
});
