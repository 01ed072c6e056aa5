import { type Digest, sha256 } from '../../oci/digest.ts';
import { SigstoreError } from '../../sigstore/error.ts';
import type { Policy } from '../../sigstore/policy.ts';
import type { TrustRootMaterial } from '../../sigstore/trusted-root.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import { MergeError } from '../error.ts';
import type { StepContext, StepResults } from '../types.ts';

/**
 * Signs the index and everything it names with one certificate and one log entry: this run's digests, nothing else.
 *
 * Safe to repeat: a kill between signing and storing costs one more log entry over the same statement. A bundle that
 * does not pass is not kept, so that the next try signs anew.
 *
 * @throws {MergeError} SELF_VERIFICATION_FAILED
 */
export async function signImage(context: StepContext): Promise<StepResults['sign']> {
  const { digest, children } = context.result('read');
  // Without them nothing could be checked afterwards, and the log entry would be for nothing.
  const policy = context.services.policy(context.project.policy);
  const trust = await context.services.trust();
  const { signed, signer } = await context.sign([digest, ...children.map((child) => child.digest)]);
  const { json, logIndex, signedAt } = signed;
  const bundle_digest = await sha256(new TextEncoder().encode(json));
  context.verified.set(bundle_digest, judgeBundle(JSON.parse(json), digest, policy, trust));
  return { bundle: json, bundle_digest, log_index: logIndex, signed_at: signedAt, identity: signer };
}

/** What passes here needs no second look where it is read back. */
function judgeBundle(bundle: unknown, digest: Digest, policy: Policy, trust: TrustRootMaterial) {
  try {
    const evidence = verifyBundle({ bundle, artifact: { digest }, policy, trust, requireCosignPredicate: true });
    return { ok: true, evidence, bundle } as const;
  } catch (error) {
    if (!(error instanceof SigstoreError)) throw error;
    throw new MergeError('SELF_VERIFICATION_FAILED', `the new bundle: ${error.code}: ${error.message}`);
  }
}
