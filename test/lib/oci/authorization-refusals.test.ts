import { describe, expect, it } from 'vitest';
import { authorizationOf, CHALLENGE, type Client, clientOf, grant, REALM, refuse } from './fake-registry.ts';

const credential = { username: 'robot', password: 'canary' };
const realm = (url: string) => `Bearer realm="${url}",service="registry.test"`;

/** What became of one request; the peer answers every token request with `token`, every other with `challenge`. */
async function ask(challenge: string, token: () => Response = () => grant('t')) {
  const client: Client = clientOf((request) => (request.url.pathname === '/token' ? token() : refuse(challenge)), {
    credential,
  });
  const error: unknown = await client.repository.headManifest('v1').then(
    () => undefined,
    (thrown) => thrown,
  );
  return { error, seen: client.caller.seen };
}

describe('Authorization', () => {
  describe('when the challenge points to a token service that is not configured', () => {
    it.each([
      'https://evil.test/token',
      'http://auth.test/token',
      'https://auth.test/token?x=1',
      'https://auth.test/other',
      'https://auth.test:444/token',
      'https://auth.test.evil.test/token',
      'https://user@auth.test/token',
      'https://auth.test/token/',
      '/token',
      '',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ])('sends nothing to %s', async (url) => {
      const { error, seen } = await ask(realm(url));
      expect(error).toMatchObject({ code: 'REALM_REFUSED' });
      expect(seen).toHaveLength(1);
    });
    it('does not name it', async () => {
      const { error } = await ask(realm('https://evil.test/?q=canary'));
      expect(String(error)).not.toMatch(/canary|evil/);
    });
  });

  describe('when the token service', () => {
    it.each([
      ['refuses', () => new Response('canary', { status: 401 })],
      ['forbids', () => new Response(null, { status: 403 })],
      ['redirects', () => Response.redirect('https://evil.test/', 302)],
      ['gives no token', () => Response.json({})],
      ['gives an empty token', () => grant('')],
      ['gives a token that is no text', () => Response.json({ token: 7 })],
      ['gives a token with a line break', () => grant('canary\r\nX: y')],
      ['gives a token that is not ASCII', () => grant('canaryé')],
      ['answers null', () => Response.json(null)],
    ])('%s, it is UNAUTHORIZED', async (_, token) => {
      const { error, seen } = await ask(CHALLENGE, token);
      expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
      expect(String(error)).not.toMatch(/canary/);
      expect(seen).toHaveLength(2);
    });
    it.each([
      ['answers HTML', () => new Response('<html>', { status: 200 }), 'PEER_FAILED'],
      ['is busy', () => new Response(null, { status: 429 }), 'PEER_BUSY'],
      ['fails', () => new Response(null, { status: 503 }), 'PEER_FAILED'],
      ['answers without an end', () => new Response('x'.repeat(70_000)), 'BODY_TOO_LARGE'],
    ])('%s, it is %s', async (_, token, code) => {
      const { error } = await ask(CHALLENGE, token);
      expect(error).toMatchObject({ code });
      expect(String(error)).not.toMatch(/scope|canary/);
    });
  });

  it('gives up where the fresh token is refused as well', async () => {
    const { error, seen } = await ask(CHALLENGE);
    expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen).toHaveLength(3);
  });
  it('gives up on a challenge of no known scheme', async () => {
    const { error, seen } = await ask('Negotiate');
    expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen).toHaveLength(1);
  });
  it('gives up on a challenge that cannot be read', async () => {
    const { error } = await ask('Bearer realm="');
    expect(error).toMatchObject({ code: 'CHALLENGE_INVALID' });
  });
  it('gives up where there is no challenge', async () => {
    const { repository } = clientOf(() => new Response(null, { status: 401 }), { credential });
    await expect(repository.headManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('forgets the oldest of very many tokens', async () => {
    const { caller, registry } = clientOf((request) => {
      if (request.url.origin === new URL(REALM).origin) return grant('t', { expires_in: 9999 });
      return authorizationOf(request) ? new Response(null, { status: 404 }) : refuse();
    });
    for (let index = 0; index <= 1000; index += 1) await registry.repository(`a/r${index}`).headManifest('v1');
    const before = caller.seen.length;
    await registry.repository('a/r1000').headManifest('v1');
    expect(caller.seen.length - before).toBe(1);
    await registry.repository('a/r0').headManifest('v1');
    expect(caller.seen.length - before).toBe(4);
  });
});
