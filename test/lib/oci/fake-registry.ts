import { createRegistry, type Registry, type RegistryOptions } from '../../../src/lib/oci/registry.ts';
import type { Repository } from '../../../src/lib/oci/repository.ts';
import { type Answer, type FakeCaller, fakeCaller, type Seen } from '../fake-caller.ts';

export const ORIGIN = 'https://registry.test';
export const REALM = 'https://auth.test/token';
export const CHALLENGE = `Bearer realm="${REALM}",service="registry.test",scope="repository:team/app:pull"`;

export interface Client {
  readonly caller: FakeCaller;
  readonly registry: Registry;
  /** `registry.test/team/app` */
  readonly repository: Repository;
}

/** A client of a registry that is one function; it has no credential unless one is given. */
export function clientOf(answer: Answer, options: Partial<RegistryOptions> = {}): Client {
  const caller = fakeCaller(answer);
  const registry = createRegistry({ caller, host: 'registry.test', origin: ORIGIN, realms: [REALM], ...options });
  return { caller, registry, repository: registry.repository('team/app') };
}

export function refuse(challenge = CHALLENGE): Response {
  return new Response('{"errors":[]}', { status: 401, headers: { 'WWW-Authenticate': challenge } });
}

export function grant(token: string, rest: object = {}): Response {
  return Response.json({ token, ...rest });
}

/** Answers by the first line that matches `METHOD /path` exactly, or by its path alone; else 404. */
export function routes(table: Readonly<Record<string, Answer>>): Answer {
  return (request, call) => {
    const answer = table[`${request.method} ${request.path}`] ?? table[request.url.pathname];
    return answer ? answer(request, call) : new Response('{"errors":[]}', { status: 404 });
  };
}

export function authorizationOf(request: Seen | undefined): string | null | undefined {
  return request?.headers.get('Authorization');
}
