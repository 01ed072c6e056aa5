import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createIdTokenVerifier } from '../../../src/lib/github/id-token.ts';
import { fakeCaller } from '../fake-caller.ts';
import { AUDIENCE, CLAIMS, createKey, forge, ISSUER, NOW_S, sign } from './tokens.ts';

const key = await createKey('k1');
const stranger = await createKey('k1');
const header = { alg: 'RS256', kid: 'k1', typ: 'JWT' };

function setUp() {
  const caller = fakeCaller(() => Response.json({ keys: [key.jwk] }));
  return { caller, verifier: createIdTokenVerifier({ caller, issuer: ISSUER }) };
}
const verify = (token: string, audience = AUDIENCE) => setUp().verifier.verify(token, audience);

/** The refusal of a token, and how often the issuer was asked for its keys. */
async function refusal(token: string, audience = AUDIENCE) {
  const { caller, verifier } = setUp();
  const error: unknown = await verifier.verify(token, audience).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(String(error)).not.toContain(token || 'canary');
  return { error, fetches: caller.seen.map(({ url }) => url.href) };
}

describe('verify', () => {
  it('gives the claims of a good token', async () =>
    expect(await verify(await sign(key))).toMatchObject({ run_id: '77', repository_id: '614592349' }));
  it("asks for the issuer's keys at their fixed place", async () => {
    const { caller, verifier } = setUp();
    await verifier.verify(await sign(key), AUDIENCE);
    expect(caller.seen.map(({ url }) => url.href)).toEqual([`${ISSUER}/.well-known/jwks`]);
  });
  it('takes a token of another audience where that one is asked for', async () =>
    expect(await verify(await sign(key, { ...CLAIMS, aud: 'sigstore' }), 'sigstore')).toMatchObject({
      aud: 'sigstore',
    }));

  describe('when the token is not signed by the issuer', () => {
    it('refuses one that is not signed', async () => {
      const { error, fetches } = await refusal(forge({ alg: 'none', kid: 'k1' }, CLAIMS, 'x'));
      expect(error).toMatchObject({ code: 'TOKEN_INVALID' });
      expect(fetches).toEqual([]);
    });
    it('refuses one with an empty signature', async () =>
      expect((await refusal(forge(header, CLAIMS, ''))).error).toMatchObject({ code: 'TOKEN_INVALID' }));
    it("refuses HS256 with the issuer's public key as the secret", async () => {
      const secret = new TextEncoder().encode(JSON.stringify(key.jwk));
      const token = await new SignJWT({ ...CLAIMS }).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
      const { error, fetches } = await refusal(token);
      expect(error).toMatchObject({ code: 'TOKEN_INVALID' });
      expect(fetches).toEqual([]);
    });
    it.each(['RS384', 'PS256'])('refuses %s', async (alg) => {
      const { privateKey } = await generateKeyPair(alg);
      const token = await new SignJWT({ ...CLAIMS }).setProtectedHeader({ alg, kid: 'k1' }).sign(privateKey);
      expect((await refusal(token)).error).toMatchObject({ code: 'TOKEN_INVALID' });
    });
    it("refuses a stranger's key under the issuer's id", async () =>
      expect((await refusal(await sign(stranger))).error).toMatchObject({ code: 'TOKEN_INVALID' }));
    it.each([
      ['jwk', { jwk: stranger.jwk }],
      ['jku', { jku: 'https://evil.test/jwks' }],
      ['x5u', { x5u: 'https://evil.test/cert' }],
    ])("does not take the key that a token's header offers (%s)", async (_, more) => {
      const { error, fetches } = await refusal(await sign(stranger, CLAIMS, more));
      expect(error).toMatchObject({ code: 'TOKEN_INVALID' });
      expect(fetches).toEqual([`${ISSUER}/.well-known/jwks`]);
    });
    it('refuses claims that were changed', async () => {
      const [head, , signature] = (await sign(key)).split('.');
      const payload = Buffer.from(JSON.stringify({ ...CLAIMS, run_id: '78' })).toString('base64url');
      expect((await refusal(`${head}.${payload}.${signature}`)).error).toMatchObject({ code: 'TOKEN_INVALID' });
    });
    it('refuses a header that must be understood', async () => {
      const token = await sign(key, CLAIMS, { crit: ['exp'], exp: NOW_S }).catch(() =>
        forge({ ...header, crit: ['x'], x: 1 }, CLAIMS),
      );
      expect((await refusal(token)).error).toMatchObject({ code: 'TOKEN_INVALID' });
    });
  });

  describe('when the token is no token', () => {
    it.each([
      ['nothing', ''],
      ['two parts', 'a.b'],
      ['four parts', 'a.b.c.d'],
      ['another alphabet', 'a+b.c/d.e='],
      ['no JSON', 'YQ.YQ.YQ'],
      ['a header that is no object', forge(7, CLAIMS)],
      ['a payload that is no object', forge(header, [CLAIMS])],
      ['a payload that is null', forge(header, null)],
      ['no key id', forge({ alg: 'RS256' }, CLAIMS)],
      ['an empty key id', forge({ alg: 'RS256', kid: '' }, CLAIMS)],
      ['a key id that is no text', forge({ alg: 'RS256', kid: { a: 1 } }, CLAIMS)],
      ['a key id that is too long', forge({ alg: 'RS256', kid: 'k'.repeat(257) }, CLAIMS)],
    ])('refuses %s without a call', async (_, token) => {
      const { error, fetches } = await refusal(token);
      expect(error).toMatchObject({ code: 'TOKEN_INVALID' });
      expect(fetches).toEqual([]);
    });
    it('refuses one of more than 8 KiB without looking into it', async () => {
      const token = await sign(key, { ...CLAIMS, padding: 'x'.repeat(8 * 1024) });
      const { error, fetches } = await refusal(token);
      expect(error).toMatchObject({ code: 'TOKEN_INVALID', message: expect.stringMatching(/longer than 8192/) });
      expect(fetches).toEqual([]);
    });
    it('takes a large one of less', async () =>
      expect(await verify(await sign(key, { ...CLAIMS, padding: 'x'.repeat(4 * 1024) }))).toMatchObject({
        run_id: '77',
      }));
  });

  describe('when the token is for something else', () => {
    it.each([
      ['another audience', { aud: 'sigstore' }],
      ['an audience with a slash more', { aud: `${AUDIENCE}/` }],
      ['several audiences', { aud: [AUDIENCE, 'sigstore'] }],
      ['a list of the one audience', { aud: [AUDIENCE] }],
      ['no audience', { aud: undefined }],
      ['another issuer', { iss: 'https://evil.test' }],
      ['an issuer with a slash more', { iss: `${ISSUER}/` }],
      ['no issuer', { iss: undefined }],
    ])('refuses %s without a call', async (_, claims) => {
      const { error, fetches } = await refusal(await sign(key, { ...CLAIMS, ...claims }));
      expect(error).toMatchObject({ code: 'TOKEN_INVALID' });
      expect(fetches).toEqual([]);
    });
  });

  describe('when the token is not of now', () => {
    it.each([
      ['ended 29 s ago', { exp: NOW_S - 29 }],
      ['was issued 29 s from now', { iat: NOW_S + 29 }],
      ['begins 29 s from now', { nbf: NOW_S + 29 }],
    ])('takes one that %s', async (_, claims) =>
      expect(await verify(await sign(key, { ...CLAIMS, ...claims }))).toMatchObject({ run_id: '77' }),
    );
    it.each([
      ['ended 30 s ago', { exp: NOW_S - 30 }],
      ['ended 31 s ago', { exp: NOW_S - 31 }],
      ['was issued 31 s from now', { iat: NOW_S + 31 }],
      ['begins 31 s from now', { nbf: NOW_S + 31 }],
      ['never ends', { exp: undefined }],
      ['ends at a text', { exp: 'never' }],
      ['was never issued', { iat: undefined }],
    ])('refuses one that %s', async (_, claims) =>
      expect((await refusal(await sign(key, { ...CLAIMS, ...claims }))).error).toMatchObject({ code: 'TOKEN_INVALID' }),
    );
  });
});
