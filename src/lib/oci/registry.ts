import { discard } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { Authorization } from './authorization.ts';
import type { Send } from './context.ts';
import type { Credential } from './credentials.ts';
import { OciError } from './error.ts';
import { RegistryMemory } from './memory.ts';
import { isRepositoryName } from './reference.ts';
import { createRepository, type Repository } from './repository.ts';

export interface RegistryOptions {
  readonly caller: Caller;
  /** As references name it. */
  readonly host: string;
  /** Where its API is, `https://quay.io`. */
  readonly origin: string;
  readonly realms: readonly string[];
  readonly credential?: Credential;
}

/** A registry's API, for one credential. */
export interface Registry {
  readonly host: string;
  /** @throws {OciError} REFERENCE_INVALID */
  repository(name: string): Repository;
}

/**
 * Creates a client of one registry; keep it, for it keeps its bearer tokens.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export function createRegistry(options: RegistryOptions): Registry {
  const authorization = new Authorization(options);
  const { caller, origin, host } = options;
  const base = new URL('/v2/', origin);
  const memory = new RegistryMemory(caller.now);

  const send: Send = async ({ path, init = {}, scopes, once = false, timeoutMs = 0 }) => {
    const url = path instanceof URL ? path : new URL(path, base);
    // Credentials go to the registry's own origin and nowhere else.
    if (url.origin !== base.origin) throw new OciError('REDIRECT_INVALID', `${host} points outside its own origin`);
    const retry = {
      ...caller.retry,
      tries: once ? 1 : caller.retry.tries,
      timeoutMs: Math.max(caller.retry.timeoutMs, timeoutMs),
    };
    const attempt = (header: string | undefined) => {
      const authorized = header === undefined ? init : { ...init, headers: { ...init.headers, Authorization: header } };
      return call({ ...caller, retry }, url.href, authorized);
    };
    const sent = authorization.current(scopes);
    const response = await attempt(sent);
    const challenge = response.headers.get('WWW-Authenticate');
    // A body that is a stream is gone.
    if (response.status !== 401 || challenge === null || init.body instanceof ReadableStream) return response;
    await discard(response);
    const header = await authorization.answer(challenge, scopes, sent);
    if (header === undefined) {
      const why = sent === undefined ? 'asks for a credential, and there is none' : 'refuses the credential';
      throw new OciError('UNAUTHORIZED', `${host} ${why}`);
    }
    return attempt(header);
  };

  return {
    host,
    repository: (name) => {
      if (!isRepositoryName(name)) throw new OciError('REFERENCE_INVALID', 'the repository name is not valid');
      return createRepository({ host, name, origin: base, send, caller, memory });
    },
  };
}
