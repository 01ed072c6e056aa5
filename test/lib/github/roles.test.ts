import { describe, expect, it } from 'vitest';
import type { Claims } from '../../../src/lib/github/claims.ts';
import { assessRole, matchesRef, type Role, type RoleSubject } from '../../../src/lib/github/roles.ts';
import { CLAIMS } from './tokens.ts';

const WORKFLOWS = 'mudler/LocalAI/.github/workflows';
const role: Role = { workflows: [`${WORKFLOWS}/backend_build.yml`, `${WORKFLOWS}/backend_merge.yml`] };
const subject: RoleSubject = {
  repository_id: '614592349',
  repository_owner_id: '2420543',
  refs: ['refs/heads/master', 'refs/tags/*'],
};
const claims: Claims = CLAIMS;

const refusedBy = (
  changed: Partial<Claims>,
  changedRole: Partial<Role> = {},
  changedSubject: Partial<RoleSubject> = {},
) => assessRole({ ...role, ...changedRole }, { ...subject, ...changedSubject }, { ...claims, ...changed })?.rule;

describe('assessRole', () => {
  it('admits the workflow on an allowed ref', () => expect(refusedBy({})).toBeUndefined());
  it('admits nobody to an absent role', () => expect(assessRole(undefined, subject, claims)?.rule).toBe('role'));
  it('says what the token has', () =>
    expect(assessRole(role, subject, { ...claims, event_name: 'release' })).toEqual({
      rule: 'event',
      detail: 'the event is release',
    }));

  describe('when the repository is another', () => {
    it('goes by its id, not by its name', () => expect(refusedBy({ repository_id: '1' })).toBe('repository_id'));
    it("goes by its owner's id", () => expect(refusedBy({ repository_owner_id: '1' })).toBe('repository_owner_id'));
    it('does not mind a new name', () => expect(refusedBy({ repository: 'new/name' })).toBeUndefined());
    it('does not look at sub', () => expect(refusedBy({ sub: 'repo:evil/evil:ref:x' })).toBeUndefined());
  });

  describe('when the workflow is another', () => {
    it.each([
      ['another file', `${WORKFLOWS}/other.yml@refs/heads/master`],
      ['another repository', 'evil/LocalAI/.github/workflows/backend_build.yml@refs/heads/master'],
      ['a name that goes on', `${WORKFLOWS}/backend_build.yml.yml@refs/heads/master`],
      ['a name before it', `x${WORKFLOWS}/backend_build.yml@refs/heads/master`],
      [
        'its name as a ref of another file',
        `evil/x/.github/workflows/x.yml@${WORKFLOWS}/backend_build.yml@refs/heads/master`,
      ],
      ['its name in the ref', `${WORKFLOWS}/x.yml@refs/heads/backend_build.yml@refs/heads/master`],
      ['its own name on a ref that is not allowed', `${WORKFLOWS}/backend_build.yml@refs/heads/evil`],
      ['an allowed ref behind another', `${WORKFLOWS}/backend_build.yml@refs/heads/evil@refs/heads/master`],
      ['a commit for a ref', `${WORKFLOWS}/backend_build.yml@${'a'.repeat(40)}`],
      ['no ref', `${WORKFLOWS}/backend_build.yml`],
      ['another case', `${WORKFLOWS}/Backend_Build.yml@refs/heads/master`],
    ])('refuses %s', (_, job_workflow_ref) => expect(refusedBy({ job_workflow_ref })).toBe('workflow'));
    it('admits each that is listed', () =>
      expect(refusedBy({ job_workflow_ref: `${WORKFLOWS}/backend_merge.yml@refs/tags/v1` })).toBeUndefined());
    it('goes by the called workflow, not by its caller', () =>
      expect(
        refusedBy({
          job_workflow_ref: 'evil/x/.github/workflows/x.yml@refs/heads/master',
          workflow_ref: `${WORKFLOWS}/backend_build.yml@refs/heads/master`,
        }),
      ).toBe('workflow'));
  });

  describe('when callers are listed', () => {
    const callers = [`${WORKFLOWS}/backend.yml`];
    it('admits them', () => expect(refusedBy({}, { callers })).toBeUndefined());
    it('refuses others', () =>
      expect(refusedBy({ workflow_ref: 'evil/x/.github/workflows/x.yml@refs/heads/master' }, { callers })).toBe(
        'caller',
      ));
    it('refuses them on a ref that is not allowed', () =>
      expect(refusedBy({ workflow_ref: `${WORKFLOWS}/backend.yml@refs/heads/evil` }, { callers })).toBe('caller'));
  });

  describe('when the event', () => {
    it.each(['push', 'schedule', 'workflow_dispatch'])('is %s, it is admitted by default', (event_name) =>
      expect(refusedBy({ event_name })).toBeUndefined(),
    );
    it.each(['release', 'workflow_run', 'repository_dispatch', 'pull_request', 'pull_request_target'])(
      'is %s, it is not',
      (event_name) => expect(refusedBy({ event_name })).toBe('event'),
    );
    it('is listed, it is admitted', () =>
      expect(refusedBy({ event_name: 'release' }, { events: ['release'] })).toBeUndefined());
    it('is not listed, it is not', () => expect(refusedBy({}, { events: ['release'] })).toBe('event'));
    it.each(['pull_request', 'pull_request_target', 'pull_request_review'])('is %s, no list admits it', (event_name) =>
      expect(refusedBy({ event_name }, { events: [event_name] })).toBe('event'),
    );
  });

  describe('when the ref', () => {
    it('is a tag that matches, it is admitted', () => expect(refusedBy({ ref: 'refs/tags/v1' })).toBeUndefined());
    it.each(['refs/heads/evil', 'refs/heads/master2', 'refs/pull/1/merge', 'refs/tags/a/b', 'master'])(
      'is %s, it is not',
      (ref) => expect(refusedBy({ ref })).toBe('ref'),
    );
  });

  describe('when the runner', () => {
    it('is self-hosted, it is not admitted by default', () =>
      expect(refusedBy({ runner_environment: 'self-hosted' })).toBe('runner_environment'));
    it('is listed, it is', () =>
      expect(
        refusedBy({ runner_environment: 'self-hosted' }, { runner_environments: ['github-hosted', 'self-hosted'] }),
      ).toBeUndefined());
  });

  describe('when the ref must be protected', () => {
    const protectedOnly = { require_protected_ref: true };
    it('admits one that is', () => expect(refusedBy({}, {}, protectedOnly)).toBeUndefined());
    it('refuses one that is not', () =>
      expect(refusedBy({ ref_protected: 'false' }, {}, protectedOnly)).toBe('ref_protected'));
    it('refuses one where nobody says', () =>
      expect(refusedBy({ ref_protected: undefined }, {}, protectedOnly)).toBe('ref_protected'));
  });
});

describe('matchesRef', () => {
  it.each([
    ['refs/heads/master', 'refs/heads/master'],
    ['refs/tags/*', 'refs/tags/v1.2.3'],
    ['refs/tags/*', 'refs/tags/'],
    ['refs/heads/release-*', 'refs/heads/release-1'],
    ['refs/heads/*/x', 'refs/heads/a/x'],
    ['refs/heads/**', 'refs/heads/a/b/c'],
    ['refs/**/x', 'refs/a/b/x'],
    ['refs/*/*', 'refs/heads/a'],
    ['refs/heads/a*b*c', 'refs/heads/a-b-b-c'],
    ['refs/heads/a.b', 'refs/heads/a.b'],
  ])('%s matches %s', (pattern, ref) => expect(matchesRef(pattern, ref)).toBe(true));
  it.each([
    ['refs/heads/master', 'refs/heads/master2'],
    ['refs/heads/master', 'xrefs/heads/master'],
    ['refs/tags/*', 'refs/tags/a/b'],
    ['refs/heads/*/x', 'refs/heads/a/b/x'],
    ['refs/heads/a.b', 'refs/heads/aXb'],
    ['refs/heads/[ab]', 'refs/heads/a'],
    ['refs/heads/a*', 'refs/heads/b'],
    ['refs/heads/*', 'refs/tags/a'],
    ['', 'a'],
  ])('%s does not match %s', (pattern, ref) => expect(matchesRef(pattern, ref)).toBe(false));
});
