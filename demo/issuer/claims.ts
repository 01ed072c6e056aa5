const SHA = '5d0b549049d4f2f7f2a4e1cb4a6f2c0b3c0f1a2b';

/** Where LocalAI keeps its workflows. */
export const WORKFLOWS = 'mudler/LocalAI/.github/workflows';

/**
 * The claims of a job of LocalAI's release, as GitHub writes them: by default the finishing job, in backend_merge.yml
 * called by backend.yml, of a push to master. What depends on the repository or the ref follows them.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
 */
export function buildClaims(overrides: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { repository = 'mudler/LocalAI', ref = 'refs/heads/master' } = overrides;
  return {
    sub: `repo:${repository}:ref:${ref}`,
    repository,
    repository_id: '614592349',
    repository_owner: repository.slice(0, repository.indexOf('/')),
    repository_owner_id: '2420543',
    repository_visibility: 'public',
    ref,
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: 'true',
    base_ref: '',
    head_ref: '',
    sha: SHA,
    run_id: '4242',
    run_number: '7',
    run_attempt: '1',
    event_name: 'push',
    actor: 'mudler',
    actor_id: '2420543',
    workflow: 'build backend container images',
    workflow_ref: `${WORKFLOWS}/backend.yml@${ref}`,
    workflow_sha: SHA,
    job_workflow_ref: `${WORKFLOWS}/backend_merge.yml@${ref}`,
    job_workflow_sha: SHA,
    runner_environment: 'github-hosted',
    ...overrides,
  };
}
