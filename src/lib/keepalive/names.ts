import type { Env } from '../environment.ts';
import type { AnchorLedger } from './types.ts';

/** The ledger of a repository's anchors, one object each. @param repository full name, `quay.io/a/b` */
export function keepalivesOf(env: Env, repository: string) {
  return env.KEEPALIVES.getByName(repository);
}

/** The ledger of all anchors. */
export function ledgerOf(env: Env): AnchorLedger {
  return { add: (repository, anchor) => keepalivesOf(env, repository).add(anchor) };
}
