import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/lib/config.ts';
import { describeProblem } from '../../../src/lib/keepalive/problem.ts';
import { anchorRepositories, rulesOf } from '../../../src/lib/keepalive/rules.ts';
import { OciError } from '../../../src/lib/oci/error.ts';
import { makeTarget } from '../merge/make.ts';

const CACHE = 'quay.io/a/cache';
const HOUR = 3_600_000;

function configWith(...projects: object[]) {
  return parseConfig({
    MUSTER: {
      audience: 'https://muster.test',
      policies: [{ name: 'p', issuer: 'i', identity: 's' }],
      projects: projects.map((changes, index) => ({
        name: `p${index}`,
        repository: 'o/r',
        repository_id: '1',
        repository_owner_id: '2',
        refs: ['refs/heads/main'],
        tags: ['type=sha'],
        roles: {},
        policy: 'p',
        targets: [{ repository: 'quay.io/a/b', source: CACHE }],
        ...changes,
      })),
    },
  });
}

describe('rulesOf', () => {
  it('keeps anchors as long as merges, unless the project says how long', () => {
    const { projects } = rulesOf(configWith({}, { keepalive_max_age_hours: 24 }), CACHE);
    expect([projects.get('p0')?.maxAgeMs, projects.get('p1')?.maxAgeMs]).toEqual([35 * 24 * HOUR, 24 * HOUR]);
  });
  it('leaves strangers’ anchors alone unless it is told otherwise', () => {
    expect(rulesOf(configWith({}), CACHE).foreignAgeMs).toBeUndefined();
  });
  it('leaves them a week at least', () => {
    const ages = [24, 240].map(
      (keepalive_max_age_hours) =>
        rulesOf(configWith({ keepalive_foreign: true, keepalive_max_age_hours }), CACHE).foreignAgeMs,
    );
    expect(ages).toEqual([168 * HOUR, 240 * HOUR]);
  });
  it('leaves them alone where another workflow still publishes', () => {
    const config = configWith({ keepalive_foreign: true }, { shadow: true });
    expect(rulesOf(config, CACHE).foreignAgeMs).toBeUndefined();
  });
  it('is a dry run where one project wants one', () => {
    expect(rulesOf(configWith({}, { keepalive_dry_run: true }), CACHE).dryRun).toBe(true);
  });
  it('asks only projects that anchor there', () => {
    const config = configWith({}, { keepalive_dry_run: true, targets: [{ repository: 'quay.io/a/b' }] });
    expect(rulesOf(config, CACHE).dryRun).toBe(false);
  });
});

describe('anchorRepositories', () => {
  const source = makeTarget(CACHE).repository;
  const names = (skipped: string | undefined) => {
    const targets = () => [{ ...makeTarget('quay.io/a/b', skipped), source }, makeTarget('docker.io/a/b')];
    return [...anchorRepositories({ config: configWith({}, {}), targets }).keys()];
  };

  it('has each source once', () => {
    expect(names(undefined)).toEqual([CACHE]);
  });
  it('has none of a target that is skipped', () => {
    expect(names('no credential for quay.io')).toEqual([]);
  });
});

describe('describeProblem', () => {
  it('says what a robot account of Quay lacks', () => {
    expect(describeProblem(new OciError('DENIED', 'delete x: status 403'), CACHE)).toEqual({
      code: 'DENIED',
      detail: 'delete x: status 403',
      permission: `the robot account of quay.io in REGISTRY_AUTH must have Write on ${CACHE}, or QUAY_TOKEN must be set`,
    });
  });
  it('says what another registry’s credential lacks', () => {
    expect(describeProblem(new OciError('UNAUTHORIZED', 'x'), 'docker.io/a/b').permission).toBe(
      'the credential of docker.io in REGISTRY_AUTH must be allowed to delete tags of docker.io/a/b',
    );
  });
  it('lacks nothing where nothing was refused', () => {
    expect(describeProblem(new OciError('LINK_INVALID', 'x'), CACHE)).not.toHaveProperty('permission');
  });
  it('says nothing of what nobody expected', () => {
    expect(describeProblem(new Error('canary'), CACHE).detail).not.toContain('canary');
  });
});
