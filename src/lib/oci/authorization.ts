import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { lazily } from '../lazily.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credential } from './credentials.ts';
import { OciError } from './error.ts';
import { repeatTruncated } from './repeat.ts';

const MAX_TOKEN_BYTES = 64 * 1024;
/** What a token lives where nobody says. @see https://distribution.github.io/distribution/spec/auth/token/#token-response-fields */
const DEFAULT_LIFE_S = 60;
/** A token is not used in its last seconds. */
const MARGIN_MS = 10_000;
/** Tokens that are held at most; the oldest goes first. */
const MAX_TOKENS = 1000;
/** What may stand in a header as it is. @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const TOKEN = /^[\x21-\x7e]+$/;

const tokenSchema = lazily(() =>
  z.object({
    token: z.string().optional(),
    access_token: z.string().optional(),
    expires_in: z.number().optional(),
  }),
);

export interface AuthorizationOptions {
  readonly caller: Caller;
  readonly host: string;
  /** The only token services a challenge may point to. */
  readonly realms: readonly string[];
  readonly credential?: Credential;
}

/** Answers the challenges of one registry; holds its tokens, by service and scopes, until they end. */
export class Authorization {
  readonly #options: AuthorizationOptions;
  readonly #tokens = new Map<string, { readonly header: string; readonly until: number }>();
  /** What the registry last asked for: later requests bring it at once. */
  #known: Challenge | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
  }

  /** The header for a request of these scopes, as far as it is known without asking. */
  current(scopes: readonly string[]): string | undefined {
    if (this.#known?.scheme === 'basic') return this.#basic();
    const token = this.#known && this.#tokens.get(keyOf(this.#known, scopes));
    return token && token.until - MARGIN_MS > this.#options.caller.now() ? token.header : undefined;
  }

  /**
   * Answers a challenge. What was sent and refused is not sent again; a token that another call got meanwhile is used.
   *
   * @returns undefined where the registry asks for nothing that can be given
   * @throws {OciError} CHALLENGE_INVALID, REALM_REFUSED (nothing is sent), UNAUTHORIZED
   */
  async answer(header: string, scopes: readonly string[], refused?: string): Promise<string | undefined> {
    const challenges = parseChallenges(header);
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (!challenge) return undefined;
    this.#known = challenge;
    const current = this.current(scopes);
    if (current !== undefined && current !== refused) return current;
    if (challenge.scheme === 'basic') return undefined;
    const token = await repeatTruncated(() => this.#requestToken(challenge, chooseScopes(challenge, scopes)));
    this.#hold(keyOf(challenge, scopes), token);
    return token.header;
  }

  #hold(key: string, token: { readonly header: string; readonly until: number }): void {
    this.#tokens.delete(key);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(key, token);
  }

  #basic(): string | undefined {
    const { credential } = this.#options;
    return credential && `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
  }

  /** @see https://distribution.github.io/distribution/spec/auth/token/ */
  async #requestToken({ parameters }: Challenge, scopes: readonly string[]) {
    const { caller, host, realms } = this.#options;
    const realm = parameters.realm ?? '';
    if (!realms.includes(realm))
      throw new OciError('REALM_REFUSED', `${host} points to a token service that is not configured for it`);
    const url = new URL(realm);
    if (parameters.service !== undefined) url.searchParams.set('service', parameters.service);
    // One `scope` each: Quay refuses several in one.
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const basic = this.#basic();
    const response = await call(caller, url.href, basic ? { headers: { Authorization: basic } } : {});
    if (response.status !== 200) {
      await discard(response);
      throw new OciError('UNAUTHORIZED', `${host}: its token service answered ${response.status}`);
    }
    const parsed = tokenSchema.safeParse(await readJson(response, MAX_TOKEN_BYTES));
    const token = parsed.data?.token ?? parsed.data?.access_token;
    if (token === undefined || !TOKEN.test(token))
      throw new OciError('UNAUTHORIZED', `${host}: its token service gave no usable token`);
    return { header: `Bearer ${token}`, until: expiryOf(token, parsed.data?.expires_in, caller.now()) };
  }
}

/**
 * Quay knows no action `delete`: it refuses the request for such a token, and deletes with one to push. Its challenge
 * says so; so for a deletion the challenge's own scope is asked for, where it is of the same repository.
 *
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 */
function chooseScopes({ parameters }: Challenge, scopes: readonly string[]): readonly string[] {
  const asked = parameters.scope;
  return scopes.map((scope) => {
    const resource = /^(.*:)delete,pull$/.exec(scope)?.[1];
    return resource !== undefined && asked?.startsWith(resource) && !asked.includes(' ') ? asked : scope;
  });
}

function keyOf({ parameters }: Challenge, scopes: readonly string[]): string {
  return [parameters.realm, parameters.service, ...scopes].join(' ');
}

/** Quay says no `expires_in`, but its tokens are JWTs; their `exp` is read without trusting it for more than a pause. */
function expiryOf(token: string, expiresIn: number | undefined, now: number): number {
  if (expiresIn !== undefined) return now + expiresIn * 1000;
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    if (typeof payload.exp === 'number') return payload.exp * 1000;
  } catch {
    // Not a JWT: the default life holds.
  }
  return now + DEFAULT_LIFE_S * 1000;
}
