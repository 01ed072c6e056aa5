import type { Caller, CallInit } from '../http.ts';
import type { RegistryMemory } from './memory.ts';

/** One request: `path` is below `/v2/`, or a URL that the registry itself gave, at its own origin. */
export interface RegistryRequest {
  readonly path: string | URL;
  readonly init?: CallInit;
  readonly scopes: readonly string[];
  /** Not safe to repeat blindly: a failure is reported at once, and the caller looks what became of it. */
  readonly once?: boolean;
  /** How long to wait for the headers where the caller's own time-out would be too short, in milliseconds. */
  readonly timeoutMs?: number;
}

/** Sends a request with what the registry's challenges ask for. */
export type Send = (request: RegistryRequest) => Promise<Response>;

/** What the parts of a repository's client share. */
export interface RepositoryContext {
  readonly host: string;
  readonly name: string;
  /** `https://quay.io/v2/` */
  readonly origin: URL;
  readonly send: Send;
  readonly caller: Caller;
  readonly memory: RegistryMemory;
}

/** The scope of an action on a repository. @see https://distribution.github.io/distribution/spec/auth/scope/ */
export function scopeOf(name: string, actions: 'pull' | 'pull,push' | 'delete,pull'): string {
  return `repository:${name}:${actions}`;
}
