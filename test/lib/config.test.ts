import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/lib/config.ts';
import { configOf, type Edits, localai, refusal, refusalOf } from './config-setup.ts';

describe('parseConfig', () => {
  it('fills in the defaults', () => {
    const config = configOf();
    expect(config).toMatchObject({
      oidc: { issuer: 'https://token.actions.githubusercontent.com' },
      sigstore: {},
      galleries: [],
      retention_days: 35,
      deadline_seconds: 90,
    });
    expect(config.projects[0]).toMatchObject({ require_plan: false, require_protected_ref: false, shadow: false });
  });

  describe('when it comes in variables', () => {
    it('takes MUSTER as JSON', () =>
      expect(parseConfig({ MUSTER: JSON.stringify(localai()) }).audience).toBe('https://muster.test'));
    it('takes each top-level key as a variable of its own', () => {
      const { audience, projects, policies } = localai();
      const config = parseConfig({
        MUSTER_AUDIENCE: audience,
        MUSTER_PROJECTS: JSON.stringify(projects),
        MUSTER_POLICIES: policies,
        MUSTER_RETENTION_DAYS: '40',
        MUSTER_GALLERIES: '[]',
      });
      expect([config.audience, config.projects.length, config.retention_days]).toEqual(['https://muster.test', 1, 40]);
    });
    it('lets a variable of its own replace what stands in MUSTER', () =>
      expect(parseConfig({ MUSTER: localai(), MUSTER_AUDIENCE: 'https://other.test' }).audience).toBe(
        'https://other.test',
      ));
    it('passes over the variables of others', () =>
      expect(parseConfig({ MUSTER: localai(), MERGES: {}, REGISTRY_AUTH: '{', MUSTERED: 1 }).audience).toBeDefined());
    it('leaves what it was given as it is', () => {
      const muster = localai();
      parseConfig({ MUSTER: muster, MUSTER_RETENTION_DAYS: '40' });
      expect(muster).toEqual(localai());
    });

    const refused = (variables: Record<string, unknown>) => refusal(() => parseConfig(variables));
    it.each(['MUSTER_PROJECT', 'MUSTER_', 'MUSTER_projects', 'MUSTER_PROJECTS_2'])('refuses the variable %s', (name) =>
      expect(refused({ MUSTER: localai(), [name]: [] })).toMatch(new RegExp(`^CONFIG_INVALID ${name}: is not known`)),
    );
    it.each([
      ['MUSTER', '{"audience":"canary', /^CONFIG_INVALID MUSTER: is not JSON$/],
      ['MUSTER', '[]', /^CONFIG_INVALID MUSTER: must be a table/],
      ['MUSTER', '7', /^CONFIG_INVALID MUSTER: must be a table/],
      ['MUSTER', 'null', /^CONFIG_INVALID MUSTER: must be a table/],
      ['MUSTER_PROJECTS', 'canary', /^CONFIG_INVALID MUSTER_PROJECTS: is not JSON$/],
    ])('refuses %s = %s', (name, value, expected) => expect(refused({ [name]: value })).toMatch(expected));
    it('names the keys that are missing where there is nothing', () =>
      expect(refused({})).toMatch(/MUSTER\.audience: .*MUSTER\.projects: .*MUSTER\.policies: /));
  });

  it('names every bad key at once', () => {
    const why = refusalOf({ retention_days: 1, deadline_seconds: 1, 'projects.0.repository_id': 7 });
    for (const key of ['retention_days', 'deadline_seconds', 'projects.0.repository_id'])
      expect(why).toContain(`MUSTER.${key}: `);
  });

  describe('when a key is not known', () => {
    it.each(['', 'projects.0', 'projects.0.roles', 'projects.0.roles.report', 'projects.0.targets.0', 'policies.0'])(
      'refuses it, at "%s"',
      (path) => {
        const where = ['MUSTER', path].filter((part) => part !== '').join('.');
        const edits = { [[path, 'surprise'].filter((part) => part !== '').join('.')]: 1 };
        expect(refusalOf(edits)).toContain(`${where}: Unrecognized key: "surprise"`);
      },
    );
    it('refuses it in a registry, a gallery and the rest', () => {
      const why = refusalOf({
        registries: [{ host: 'a.test', surprise: 1 }],
        galleries: [{ name: 'g', url: 'https://a.test', policy: 'localai', surprise: 1 }],
        oidc: { issuer: 'https://a.test', surprise: 1 },
        sigstore: { surprise: 1 },
      });
      for (const key of ['registries.0', 'galleries.0', 'oidc', 'sigstore'])
        expect(why).toContain(`MUSTER.${key}: Unrecognized key: "surprise"`);
    });
  });

  describe('when names do not fit together', () => {
    const gallery = { name: 'g', url: 'https://a.test/index.yaml', policy: 'localai' };
    const [project] = localai().projects;
    const [policy] = localai().policies;
    it.each<[string, Edits, string]>([
      ['a policy that is not there', { 'projects.0.policy': 'x' }, 'projects.localai.policy: no policy "x"'],
      [
        'a gallery without its policy',
        { galleries: [{ ...gallery, policy: 'x' }] },
        'galleries.g.policy: no policy "x"',
      ],
      ['two projects of one name', { 'projects.1': project }, 'projects: the name "localai" is used twice'],
      ['two policies of one name', { 'policies.1': policy }, 'policies: the name "localai" is used twice'],
      ['two galleries of one name', { galleries: [gallery, gallery] }, 'galleries: the name "g" is used twice'],
      ['a policy without a name', { 'policies.0.name': undefined }, 'policies: each entry needs a name'],
      [
        'a registry twice',
        { registries: [{ host: 'a.test' }, { host: 'a.test' }] },
        'registries: the host "a.test" is used twice',
      ],
      [
        'an alias twice',
        {
          registries: [
            { host: 'a.test', alias: 'a' },
            { host: 'b.test', alias: 'a' },
          ],
        },
        'registries: the alias "a" is used twice',
      ],
      [
        'a target twice',
        { 'projects.0.targets.2': { repository: 'docker.io/localai/localai-backends' } },
        'projects.localai.targets: docker.io/localai/localai-backends is named twice',
      ],
      [
        'a target whose registry is not configured',
        { 'projects.0.targets.0.repository': 'harbor.test/a/b' },
        'projects.localai.targets: harbor.test needs an entry in MUSTER.registries',
      ],
      [
        'a source whose registry is not configured',
        { 'projects.0.targets.0.source': 'quay.io.evil.test/a/b' },
        'projects.localai.targets: quay.io.evil.test needs an entry in MUSTER.registries',
      ],
      ['a tag rule that is none', { 'projects.0.tags': ['type=foo'] }, 'projects.localai.'],
      ['a flavor that is none', { 'projects.0.flavor': 'foo=bar' }, 'projects.localai.'],
    ])('refuses %s', (_, edits, expected) => expect(refusalOf(edits)).toContain(`CONFIG_INVALID MUSTER.${expected}`));
  });

  describe('when a registry is configured', () => {
    const registry = (host: string, entry?: object) =>
      configOf(entry ? { registries: [{ host, ...entry }] } : {}).registries.find(
        (candidate) => candidate.host === host,
      );

    it('knows Docker Hub, Quay and GitHub by itself', () =>
      expect([registry('docker.io'), registry('quay.io'), registry('ghcr.io')]).toMatchObject([
        { origin: 'https://registry-1.docker.io', realms: ['https://auth.docker.io/token'] },
        { origin: 'https://quay.io', realms: ['https://quay.io/v2/auth'] },
        { origin: 'https://ghcr.io', realms: ['https://ghcr.io/token'] },
      ]));
    it('keeps what it knows of one that gets an entry', () =>
      expect(registry('docker.io', { alias: 'hub' })).toEqual({
        host: 'docker.io',
        alias: 'hub',
        origin: 'https://registry-1.docker.io',
        realms: ['https://auth.docker.io/token'],
        anonymous: false,
      }));
    it('lets an entry change it', () =>
      expect(registry('quay.io', { origin: 'https://mirror.test', realms: [] })).toMatchObject({
        origin: 'https://mirror.test',
        realms: [],
      }));
    it('derives the rest from the host', () =>
      expect(registry('a.test:5000', {})).toEqual({
        host: 'a.test:5000',
        alias: 'a.test:5000',
        origin: 'https://a.test:5000',
        realms: [],
        anonymous: false,
      }));
    it('lists each host once', () =>
      expect(configOf({ registries: [{ host: 'quay.io' }] }).registries.map(({ host }) => host)).toEqual([
        'quay.io',
        'docker.io',
        'ghcr.io',
      ]));
  });
});
