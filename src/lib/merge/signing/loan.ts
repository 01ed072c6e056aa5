import type { Config, ProjectConfig } from '../../config.ts';
import type { Claims } from '../../github/claims.ts';
import { assessRole } from '../../github/roles.ts';
import type { SigningIdentity } from '../../sigstore/certificate.ts';
import { assessSigner } from '../../sigstore/policy.ts';

/**
 * What a caller lends to a merge: a Sigstore token, or a key with its certificate that one token gave for many merges;
 * or why it lends nothing. In memory only: never stored, logged or put into an error.
 */
export type Loan =
  | { readonly kind: 'token'; readonly token: string; readonly signer: string }
  | { readonly kind: 'identity'; readonly identity: SigningIdentity; readonly signer: string }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Tests a Sigstore token against the role `sign` and the project's policy, before anything is signed with it.
 *
 * Fulcio names the called workflow in the certificate, so the identity follows from `job_workflow_ref`.
 *
 * @see https://github.com/sigstore/fulcio/blob/main/docs/oidc.md#github
 */
export function assessLoan(config: Config, project: ProjectConfig, token: string, claims: Claims): Loan {
  const refused = assessRole(project.roles.sign, project, claims);
  if (refused)
    return { kind: 'none', reason: `the Sigstore token is not of role sign (${refused.rule}): ${refused.detail}` };
  const policy = config.policies.find(({ name }) => name === project.policy);
  if (!policy) return { kind: 'none', reason: `no policy "${project.policy}"` };
  const signer = `https://github.com/${claims.job_workflow_ref}`;
  const verdict = assessSigner(policy, {
    issuer: claims.iss,
    identity: signer,
    source_repository_id: claims.repository_id,
    source_repository_owner_id: claims.repository_owner_id,
    runner_environment: claims.runner_environment,
  });
  if (verdict)
    return {
      kind: 'none',
      reason: `policy ${project.policy} would refuse the signature: ${verdict.code}: ${verdict.detail}`,
    };
  return { kind: 'token', token, signer };
}
