import type { Policy } from '../../sigstore/policy.ts';
import { isOutdated } from './basis.ts';
import { AuditError } from './error.ts';
import type { Audit, AuditStore } from './store.ts';
import { buildVerifiedIndex, type OnFailure } from './verified-index.ts';
import { judgeAudit, selectAudits } from './view.ts';

/** The audit that an index is written from. @throws {AuditError} AUDIT_PENDING */
export function publishableAudit(store: AuditStore, policy: Policy): Audit {
  const { shown } = selectAudits(store);
  if (shown?.state !== 'finished') throw new AuditError('AUDIT_PENDING', 'no audit of this gallery has finished yet');
  if (isOutdated(shown, policy)) throw new AuditError('AUDIT_PENDING', 'the policy has changed since the last audit');
  return shown;
}

/**
 * The gallery with what verified. What could not be read in the last audit is as it was when it last could: a registry
 * that is down must not empty a gallery, however often it is audited meanwhile.
 */
export function publishIndex(store: AuditStore, audit: Audit, policy: Policy, onFailure: OnFailure): string {
  const known = judgeAudit(store, audit, policy.not_before, store.knownResults(audit.id));
  return buildVerifiedIndex(store.entries(audit.id), known, onFailure);
}
