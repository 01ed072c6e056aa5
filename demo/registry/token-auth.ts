import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { RegistryError } from './errors.ts';

const LIFETIME_S = 300;

/** Who may push and pull; nobody else may do either. */
export interface Account {
  readonly username: string;
  readonly password: string;
  /** The registry's own, where `/token` is. */
  readonly origin: string;
}

/** What a request needs: `pull`, `push` or `delete` on a repository. */
export interface Need {
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete';
}

const claimsSchema = z.object({ access: z.record(z.string(), z.array(z.string())), exp: z.number() });

/**
 * Bearer tokens for scopes, as registries of the Docker kind give them.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export class TokenAuth {
  readonly #account: Account;
  readonly #now: () => number;
  readonly #key = randomBytes(32);

  constructor(account: Account, now: () => number) {
    this.#account = account;
    this.#now = now;
  }

  /** `GET /token?service=…&scope=repository:NAME:ACTIONS`, with Basic. */
  issue(request: Request): Response {
    const { username, password } = this.#account;
    const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (!isSame(request.headers.get('Authorization') ?? '', expected))
      throw new RegistryError('UNAUTHORIZED', 'wrong name or password', { 'WWW-Authenticate': 'Basic realm="token"' });
    const scopes = new URL(request.url).searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    const access = Object.fromEntries(
      scopes.flatMap((scope) => {
        const [, name, actions] = /^repository:(.+):([a-z*,]+)$/.exec(scope) ?? [];
        return name !== undefined && actions !== undefined ? [[name, actions.split(',')]] : [];
      }),
    );
    const exp = Math.floor(this.#now() / 1000) + LIFETIME_S;
    const payload = Buffer.from(JSON.stringify({ access, exp })).toString('base64url');
    return Response.json({ token: `${payload}.${this.#sign(payload)}`, expires_in: LIFETIME_S });
  }

  /** @throws {RegistryError} UNAUTHORIZED with the challenge, where the token does not allow what is needed */
  check(request: Request, needs: readonly Need[]): void {
    const token = /^Bearer (.+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1];
    const claims = token === undefined ? undefined : this.#read(token);
    const isMet = ({ name, action }: Need) => claims?.access[name]?.some((one) => one === action || one === '*');
    if (claims && needs.every(isMet)) return;
    const { origin } = this.#account;
    const scopes = needs.map(({ name, action }) => `repository:${name}:${action === 'push' ? 'pull,push' : action}`);
    const scope = scopes.length > 0 ? `,scope="${scopes.join(' ')}"` : '';
    const error = claims ? ',error="insufficient_scope"' : '';
    const challenge = `Bearer realm="${origin}/token",service="${new URL(origin).host}"${scope}${error}`;
    throw new RegistryError('UNAUTHORIZED', 'authentication required', { 'WWW-Authenticate': challenge });
  }

  #read(token: string) {
    const [payload = '', signature = ''] = token.split('.');
    if (!isSame(signature, this.#sign(payload))) return undefined;
    const claims = claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return claims.exp > this.#now() / 1000 ? claims : undefined;
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url');
  }
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
