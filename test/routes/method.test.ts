import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/routes/app.ts';

async function send(method: string, path: string) {
  const response = await app.request(path, { method }, env);
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code, allow: response.headers.get('Allow') };
}

describe('a path that is right, with a method that is not', () => {
  it.each([
    ['PUT', '/v1/arrivals', 'POST'],
    ['GET', '/v1/arrivals', 'POST'],
    ['POST', '/v1/runs/localai/4242/plan', 'PUT'],
    ['DELETE', '/v1/runs/localai/4242', 'GET, HEAD'],
    ['PATCH', '/v1/verify', 'GET, HEAD, POST'],
  ])('%s %s: 405, naming %s', async (method, path, allow) => {
    expect(await send(method, path)).toEqual({ status: 405, code: 'METHOD_NOT_ALLOWED', allow });
  });
});

describe('a path that nothing answers', () => {
  it.each(['/v1/arrival', '/v1/runs/localai', '/openapixjson'])('%s: 404', async (path) => {
    expect(await send('GET', path)).toEqual({ status: 404, code: 'NOT_FOUND', allow: null });
  });
});
