import type { Policy } from '../../sigstore/policy.ts';
import { basisOf } from './basis.ts';
import { AuditError } from './error.ts';
import type { JudgedEntry } from './evaluate.ts';
import type { Audit, AuditStore } from './store.ts';
import { buildVerifiedIndex, type OnFailure } from './verified-index.ts';
import { judgeAudit, selectAudits } from './view.ts';

/** The audit that an index is written from. @throws {AuditError} AUDIT_PENDING */
export function publishableAudit(store: AuditStore, policy: Policy): Audit {
  const { shown } = selectAudits(store);
  if (shown?.state !== 'finished') throw new AuditError('AUDIT_PENDING', 'no audit of this gallery has finished yet');
  if (shown.policy_basis !== basisOf(policy))
    throw new AuditError('AUDIT_PENDING', 'the policy has changed since the last audit');
  return shown;
}

/**
 * The gallery with what verified. An entry that could not be read in the last audit is as it was in the one before:
 * a registry that is down for an hour must not empty a gallery.
 */
export function publishIndex(store: AuditStore, audit: Audit, policy: Policy, onFailure: OnFailure): string {
  const entries = store.entries(audit.id);
  const judged = judgeAudit(store, audit, policy.not_before);
  const { previous } = selectAudits(store);
  const isComparable = previous?.policy_basis === audit.policy_basis;
  const before = new Map(
    previous && isComparable
      ? judgeAudit(store, previous, policy.not_before).map((entry) => [keyOf(entry), entry])
      : [],
  );
  const known = judged.map((entry) => (isUnreadable(entry) ? (before.get(keyOf(entry)) ?? entry) : entry));
  return buildVerifiedIndex(entries, known, onFailure);
}

function isUnreadable({ references }: JudgedEntry): boolean {
  return references.some(({ role, code, image_code = code }) => role === 'uri' && image_code === 'UNREADABLE');
}

function keyOf({ name, references }: JudgedEntry): string {
  return `${name}\n${references[0]?.uri ?? ''}`;
}
