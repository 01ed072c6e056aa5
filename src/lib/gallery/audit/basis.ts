import { createHash } from 'node:crypto';
import type { Policy } from '../../sigstore/policy.ts';
import type { Audit } from './store.ts';

/** What of a policy an audit rests on, as SHA-256: all but the cut-off, which is applied to what was found. */
export function basisOf({ not_before: _, mode: __, name: ___, ...rest }: Policy): string {
  const entries = Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

/** Whether what an audit found was found under another policy: it says nothing under this one. */
export function isOutdated({ policy_basis }: Pick<Audit, 'policy_basis'>, policy: Policy): boolean {
  return policy_basis !== basisOf(policy);
}
