import { createHash } from 'node:crypto';
import type { Policy } from '../../sigstore/policy.ts';

/** What of a policy an audit rests on, as SHA-256: all but the cut-off, which is applied to what was found. */
export function basisOf({ not_before: _, mode: __, name: ___, ...rest }: Policy): string {
  const entries = Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}
