import { describe, expect, it } from 'vitest';
import type { Config, ProjectConfig } from '../../../../src/lib/config.ts';
import type { Claims } from '../../../../src/lib/github/claims.ts';
import { assessLoan } from '../../../../src/lib/merge/signing/loan.ts';
import { CLAIMS, ISSUER } from '../../github/tokens.ts';

const MERGE = 'mudler/LocalAI/.github/workflows/backend_merge.yml';
const claims = { ...CLAIMS, job_workflow_ref: `${MERGE}@refs/heads/master` } as Claims;
const project = {
  policy: 'localai',
  repository_id: CLAIMS.repository_id,
  repository_owner_id: CLAIMS.repository_owner_id,
  refs: ['refs/heads/master'],
  roles: { sign: { workflows: [MERGE] } },
} as unknown as ProjectConfig;

function assess(policy: object, changed: Partial<Claims> = {}, changedProject: object = {}) {
  const config = { policies: [{ name: 'localai', issuer: ISSUER, ...policy }] } as unknown as Config;
  return assessLoan(config, { ...project, ...changedProject }, 'a-token', { ...claims, ...changed });
}
const identity = `https://github.com/${MERGE}@refs/heads/master`;

describe('assessLoan', () => {
  it('takes a token whose certificate the policy will accept, and says whose it is', () => {
    expect(assess({ identity })).toEqual({ kind: 'token', token: 'a-token', signer: identity });
  });
  it.each<[string, string, Partial<Claims>, object]>([
    ['the role sign does not list the workflow', 'role sign', { job_workflow_ref: CLAIMS.job_workflow_ref }, {}],
    ['nobody has the role sign', 'role sign', {}, { roles: {} }],
    ['the run is of a ref that is not listed', 'role sign', { ref: 'refs/heads/x' }, {}],
    ['there is no such policy', 'no policy', {}, { policy: 'another' }],
  ])('lends nothing where %s', (_, reason, changed, changedProject) => {
    expect(assess({ identity }, changed, changedProject)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining(reason),
    });
  });
  it.each<[string, string, object]>([
    ['admits another workflow only', 'IDENTITY_MISMATCH', { identity: `${identity}2` }],
    ['trusts another issuer only', 'ISSUER_MISMATCH', { identity, issuer: 'https://issuer.example' }],
    ['pins another repository', 'IDENTITY_MISMATCH', { identity, source_repository_id: '1' }],
    ['pins another owner', 'IDENTITY_MISMATCH', { identity, source_repository_owner_id: '1' }],
    ['pins another kind of runner', 'IDENTITY_MISMATCH', { identity, runner_environment: 'self-hosted' }],
  ])('lends nothing where the policy %s', (_, code, policy) => {
    expect(assess(policy)).toMatchObject({ kind: 'none', reason: expect.stringContaining(code) });
  });
  it('never repeats the token in its reason', () => {
    expect(JSON.stringify(assess({ identity: 'x' }))).not.toContain('a-token');
  });
});
