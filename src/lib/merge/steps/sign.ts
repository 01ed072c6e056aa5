import { sha256 } from '../../oci/digest.ts';
import { signDigests } from '../../sigstore/sign.ts';
import type { StepContext, StepResults } from '../types.ts';

/**
 * Signs the index and everything it names with one certificate and one log entry: this run's digests, nothing else.
 *
 * Safe to repeat: a kill between signing and storing costs one more log entry over the same statement.
 */
export async function signImage(context: StepContext): Promise<StepResults['sign']> {
  const { digest, children } = context.result('read');
  const { identity, signer } = await context.identity();
  const services = await context.services.signing();
  const digests = [digest, ...children.map((child) => child.digest)];
  const { json, logIndex, signedAt } = await signDigests({
    caller: context.services.caller,
    services,
    identity,
    digests,
  });
  const bundle_digest = await sha256(new TextEncoder().encode(json));
  return { bundle: json, bundle_digest, log_index: logIndex, signed_at: signedAt, identity: signer };
}
