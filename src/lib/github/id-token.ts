import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from '../http.ts';
import { checkClaims, type Expectation, invalid } from './check-claims.ts';
import type { Claims } from './claims.ts';
import { IdTokenError } from './error.ts';
import { createKeyLookup } from './jwks.ts';

/** Larger than any of GitHub's, small enough to be parsed without harm. */
const MAX_TOKEN_BYTES = 8 * 1024;
const MAX_KID = 256;

/** Three parts of base64url, so bytes and characters are the same. @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1 */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Verifies ID tokens of one issuer. */
export interface IdTokenVerifier {
  /**
   * The claims of a token that the issuer signed for this audience and that is valid now.
   *
   * @throws {IdTokenError} TOKEN_INVALID, saying why; ISSUER_UNAVAILABLE where the issuer's keys cannot be had
   */
  verify(token: string, audience: string): Promise<Claims>;
}

/**
 * Creates a verifier that holds the issuer's keys: RS256 only, and no key but the issuer's, whatever a token's header
 * offers (`jwk`, `jku`, `x5c`). A token that is wrong whoever signed it costs no call to the issuer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.1
 */
export function createIdTokenVerifier(options: { readonly caller: Caller; readonly issuer: string }): IdTokenVerifier {
  const { caller, issuer } = options;
  const keyOf = createKeyLookup(caller, issuer);
  return {
    verify: async (token, audience) => {
      const expected = { issuer, audience, now: caller.now() };
      const kid = readKid(token);
      checkClaims(readPayload(token), expected);
      const key = await keyOf(kid);
      return checkClaims(await verifySignature(token, key, expected), expected);
    },
  };
}

/** The id of the key that a token asks for. @throws {IdTokenError} TOKEN_INVALID */
function readKid(token: string): string {
  if (token.length > MAX_TOKEN_BYTES) throw invalid(`it is longer than ${MAX_TOKEN_BYTES} bytes`);
  if (!COMPACT.test(token)) throw invalid('it is no JWT');
  const { alg, kid } = readable(() => decodeProtectedHeader(token));
  if (alg !== 'RS256') throw invalid('its algorithm is not RS256');
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID) throw invalid('it names no key');
  return kid;
}

function readPayload(token: string): JWTPayload {
  return readable(() => decodeJwt(token));
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw invalid('it cannot be read');
  }
}

/** The payload that was signed. jose checks issuer, audience and times once more. */
async function verifySignature(
  token: string,
  key: Parameters<typeof jwtVerify>[1],
  { issuer, audience, now }: Expectation,
): Promise<JWTPayload> {
  try {
    const currentDate = new Date(now);
    const times = { clockTolerance: '30s', currentDate, requiredClaims: ['exp', 'iat'] };
    const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'], issuer, audience, ...times });
    return payload;
  } catch (cause) {
    if (cause instanceof IdTokenError) throw cause;
    throw invalid(
      cause instanceof errors.JWSSignatureVerificationFailed ? 'its signature is wrong' : 'it cannot be verified',
    );
  }
}
