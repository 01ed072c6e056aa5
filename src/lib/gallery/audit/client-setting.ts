import { stringify } from 'yaml';
import type { Policy } from '../../sigstore/policy.ts';

/** What LocalAI knows of a policy. @see https://github.com/mudler/LocalAI/blob/82c191a/core/config/gallery.go */
const FIELDS = ['issuer', 'issuer_regex', 'identity', 'identity_regex', 'not_before'] as const;

/**
 * A client's setting for a gallery, ready to be pasted; the policy lives there, not in the index. Undefined where the
 * policy is for a managed key, which LocalAI does not know.
 *
 * @param url - of the gallery's verified index
 */
export function buildClientSetting(name: string, url: string, policy: Policy): string | undefined {
  if (policy.public_key !== undefined) return undefined;
  const verification = Object.fromEntries(
    FIELDS.flatMap((field) => (policy[field] === undefined ? [] : [[field, policy[field]]])),
  );
  // Clients in Go read YAML 1.1, to which a bare time is no text.
  return stringify({ name, url, verification }, { lineWidth: 0, compat: 'yaml-1.1' });
}
