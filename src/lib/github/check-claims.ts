import { type Claims, claimsSchema } from './claims.ts';
import { IdTokenError } from './error.ts';

/** How far the issuer's clock and ours may be apart, in seconds. */
const LEEWAY_S = 30;

/** What a token must say to be accepted. */
export interface Expectation {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Checks a token's payload: the issuer and the one audience exactly, the times with a leeway, and that each claim is
 * written as GitHub writes it. Pure: says nothing about the signature.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.9
 * @throws {IdTokenError} TOKEN_INVALID, naming the claim but not its value
 */
export function checkClaims(payload: unknown, expected: Expectation): Claims {
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) {
    const claim = parsed.error.issues[0]?.path.join('.') ?? '';
    throw invalid(`its claim "${claim}" is missing or not as GitHub writes it`);
  }
  const { iss, aud, exp, iat, nbf } = parsed.data;
  const now = expected.now / 1000;
  if (iss !== expected.issuer) throw invalid(`its claim "iss" is not ${expected.issuer}`);
  if (aud !== expected.audience) throw invalid(`its claim "aud" is not ${expected.audience}`);
  if (exp <= now - LEEWAY_S) throw invalid('it has expired');
  if (iat > now + LEEWAY_S) throw invalid('it was issued in the future');
  if (nbf !== undefined && nbf > now + LEEWAY_S) throw invalid('it is not valid yet');
  return parsed.data;
}

/** A refusal in words of our own: a library's might quote the token. */
export function invalid(why: string): IdTokenError {
  return new IdTokenError('TOKEN_INVALID', `the token is not accepted: ${why}`);
}
