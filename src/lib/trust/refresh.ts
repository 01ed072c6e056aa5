import { type Env, environmentOf } from '../environment.ts';
import { TrustError } from './error.ts';
import { chooseInstance, nameOfInstance } from './instance.ts';
import type { TrustStatus } from './trust-keeper.ts';

/**
 * The cron's share: documents are fresh before anybody asks. An update that failed is an error of the task, though what
 * is held may still do.
 *
 * @throws {TrustError} TRUST_ROOT_UNAVAILABLE
 */
export async function refreshTrustRoot(env: Env): Promise<TrustStatus | object> {
  const instance = chooseInstance(environmentOf(env).services.config.sigstore);
  if (instance.kind === 'documents') return { source: 'configuration' };
  const outcome = await env.TRUST_ROOT.getByName(nameOfInstance(instance)).refresh();
  if (!outcome.ok) throw new TrustError('TRUST_ROOT_UNAVAILABLE', outcome.detail);
  const { attempt } = outcome.value;
  if (attempt?.problem !== undefined) throw new TrustError('TRUST_ROOT_UNAVAILABLE', attempt.problem);
  return outcome.value;
}
