import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { Handler } from '../handler.ts';
import { buildClaims } from './claims.ts';

export interface DemoIssuerOptions {
  /** Where it will answer, which is also its name: `http://localhost:PORT`. */
  readonly origin: string;
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
}

/** How a token differs from a good one. */
export interface TokenOptions {
  /** Seconds from now until it ends; default 300. Negative: it has ended. */
  readonly expiresIn?: number;
  readonly signature?: Signature;
}

/** `HS256` signs with the public key as shared secret, `none` not at all, `stranger` with a key that is not the issuer's. */
export type Signature = 'RS256' | 'HS256' | 'none' | 'stranger';

/** An issuer of ID tokens of GitHub Actions' shape. */
export interface DemoIssuer {
  /**
   * `/.well-known/openid-configuration`, `/.well-known/jwks`, and for people `/token?audience=…`: a token as plain text,
   * in which any other parameter replaces the claim of its name.
   */
  readonly fetch: Handler;
  /** A token with these claims; `iss`, `aud`, `iat`, `nbf`, `exp` and `jti` are added where they are absent. */
  token(claims: Readonly<Record<string, unknown>>, audience: string, options?: TokenOptions): Promise<string>;
  /** The whole claim set of a LocalAI job, some claims replaced. */
  claims(overrides?: Readonly<Record<string, string>>): Record<string, string>;
}

const KID = 'demo';

/**
 * Makes an issuer with a key of its own.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export async function createDemoIssuer({ origin, now = Date.now }: DemoIssuerOptions): Promise<DemoIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' };
  const token: DemoIssuer['token'] = (claims, audience, { expiresIn = 300, signature = 'RS256' } = {}) => {
    const seconds = Math.floor(now() / 1000);
    const times = { iat: seconds, nbf: seconds - 5, exp: seconds + expiresIn };
    return sign({ jti: randomUUID(), iss: origin, aud: audience, ...times, ...claims }, signature);
  };
  const sign = async (payload: JWTPayload, signature: Signature): Promise<string> => {
    if (signature === 'none') return new UnsecuredJWT(payload).encode();
    const keys = {
      RS256: () => privateKey,
      HS256: () => new TextEncoder().encode(JSON.stringify(jwk)),
      stranger: async () => (await generateKeyPair('RS256')).privateKey,
    };
    const header = { typ: 'JWT', alg: signature === 'HS256' ? 'HS256' : 'RS256', kid: KID };
    return new SignJWT(payload).setProtectedHeader(header).sign(await keys[signature]());
  };
  const answer: Handler = async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/.well-known/openid-configuration') return Response.json(buildDiscovery(origin));
    if (pathname === '/.well-known/jwks') return Response.json({ keys: [jwk] });
    if (pathname !== '/token') return new Response('not found\n', { status: 404 });
    const { audience = '', ...claims } = Object.fromEntries(searchParams);
    return new Response(await token(buildClaims(claims), audience));
  };
  return { fetch: answer, token, claims: buildClaims };
}

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
function buildDiscovery(origin: string): object {
  return {
    issuer: origin,
    jwks_uri: `${origin}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}
