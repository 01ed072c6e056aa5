import { describe, expect, it } from 'vitest';
import { configWarnings } from '../../src/lib/config.ts';
import { configOf, type Edits, refusalOf } from './config-setup.ts';

const registry = (entry: object) => ({ registries: [{ host: 'a.test', ...entry }] });
const gallery = (entry: object) => ({
  galleries: [{ name: 'g', url: 'https://a.test/i.yaml', policy: 'localai', ...entry }],
});

describe('parseConfig', () => {
  describe('when a value is not allowed', () => {
    it.each<[path: string, value: unknown, message: RegExp]>([
      ['audience', 'sigstore', /must not be "sigstore"/],
      ['audience', 'muster', /must be a URL/],
      ['audience', '', /must be a URL/],
      ['audience', 7, /expected string/],
      ['retention_days', 29, />=30/],
      ['retention_days', 30.5, /int/],
      ['deadline_seconds', 4, />=5/],
      ['deadline_seconds', 601, /<=600/],
      ['projects', [], />=1/],
      ['policies', [], />=1/],
      ['projects.0.name', 'Local AI', /lower-case letters, digits and hyphens/],
      ['projects.0.name', 'a'.repeat(64), /lower-case/],
      ['projects.0.repository', 'LocalAI', /OWNER\/REPO/],
      ['projects.0.repository_id', 614592349, /expected string/],
      ['projects.0.repository_id', 'mudler', /numeric id, as a string/],
      ['projects.0.repository_owner_id', '', /numeric id, as a string/],
      ['projects.0.refs', [], />=1/],
      ['projects.0.tags', [], />=1/],
      ['projects.0.targets', [], />=1/],
      ['projects.0.deadline_minutes', 0, />0/],
      ['projects.0.keepalive_max_age_hours', 0, />0/],
      ['projects.0.shadow', 'true', /expected boolean/],
      ['projects.0.roles.report.workflows', [], />=1/],
      ['projects.0.roles.report.events', [], />=1/],
      ['projects.0.roles.report.callers', [], />=1/],
    ])('refuses %s = %j', (path, value, message) => {
      const why = refusalOf({ [path]: value });
      expect(why).toContain(`CONFIG_INVALID MUSTER.${path}: `);
      expect(why).toMatch(message);
    });

    it.each<[path: string, value: unknown, at: string, message: RegExp]>([
      ['projects.0.refs', ['master'], '.0', /refs\//],
      ['projects.0.roles.report.workflows', ['a/b/.github/workflows/x.yml@refs/heads/main'], '.0', /without a ref/],
      ['projects.0.roles.report.workflows', ['build'], '.0', /FILE\.yml/],
      ['projects.0.roles.report.callers', ['a/b/.github/workflows/x.yml@refs/heads/main'], '.0', /without a ref/],
      ['projects.0.roles.report.events', ['pull_request'], '.0', /must not be a pull_request event/],
      ['projects.0.roles.report.events', ['push', 'pull_request_target'], '.1', /must not be a pull_request event/],
      ['projects.0.roles.report.runner_environments', ['mine'], '.0', /github-hosted/],
      ['projects.0.targets', [{ repository: 'QUAY.io/a/b' }], '.0.repository', /HOST\/REPOSITORY, in lower case/],
      ['projects.0.targets', [{ repository: 'quay.io' }], '.0.repository', /HOST\/REPOSITORY/],
      ['projects.0.targets', [{ repository: 'quay.io/a/b:c' }], '.0.repository', /HOST\/REPOSITORY/],
      ['projects.0.targets', [{ repository: 'quay.io/a/../b' }], '.0.repository', /HOST\/REPOSITORY/],
      ['projects.0.targets', [{ repository: 'quay.io/a._b' }], '.0.repository', /HOST\/REPOSITORY/],
      ['projects.0.targets', [{ repository: 'https://quay.io/a/b' }], '.0.repository', /HOST\/REPOSITORY/],
      ['projects.0.targets', [{ repository: 'docker.io/alpine' }], '.0.repository', /docker\.io\/library\/NAME/],
      ['projects.0.targets', [{ repository: 'quay.io/a/b', source: 'x' }], '.0.source', /HOST\/REPOSITORY/],
      ['projects.0.expect', { '-cpu/x': ['amd64'] }, '.-cpu/x', /tag suffix/],
      ['projects.0.expect', { ['-'.repeat(81)]: ['amd64'] }, `.${'-'.repeat(81)}`, /tag suffix/],
      ['projects.0.expect', { '-cpu': [] }, '.-cpu', />=1/],
      ['projects.0.expect', { '-cpu': ['amd64', 'amd64'] }, '.-cpu', /twice/],
      ['projects.0.expect', { '-cpu': ['AMD64'] }, '.-cpu.0', /a-z/],
      ['projects.0.platforms', { amd64: 'linux' }, '.amd64', /os\/arch/],
      ['projects.0.platforms', { 'a/b': 'linux/amd64' }, '.a/b', /a-z/],
      ['registries', [{ host: 'https://a.test' }], '.0.host', /host name/],
      ['registries', [{ host: 'a.test/path' }], '.0.host', /host name/],
      ['registries', [{ host: 'user@a.test' }], '.0.host', /host name/],
      ['registries', [{ host: 'a.test', alias: 'A/B' }], '.0.alias', /lower-case/],
    ])('refuses %s = %j', (path, value, at, message) => {
      const why = refusalOf({ [path]: value });
      expect(why).toContain(`MUSTER.${path}${at}: `);
      expect(why).toMatch(message);
    });
  });

  describe('when an address is not safe', () => {
    const BAD = [
      'http://a.test',
      'http://localhost.evil.test',
      'http://127.0.0.2',
      'http://169.254.169.254',
      'http://[::2]:5000',
      'ftp://localhost',
      'https://user:canary@a.test',
      'a.test',
      'https://',
      'http://localhost:99999',
    ];
    it.each(BAD)('refuses it as an origin: %s', (origin) => {
      const edits = registry({ origin });
      const why = refusalOf(edits);
      expect(why).toMatch(/MUSTER\.registries\.0\.origin: must be https:\/\/HOST without a path, or http on loopback/);
      expect(why).not.toMatch(/canary/);
    });
    it.each(['https://a.test/', 'https://a.test/v2', 'https://a.test?x', 'http://localhost:5000/x'])(
      'refuses an origin with more than a host: %s',
      (origin) => {
        const edits = registry({ origin });
        expect(refusalOf(edits)).toMatch(/registries\.0\.origin: must be https/);
      },
    );
    it.each(BAD)('refuses it as a realm: %s', (realm) => {
      const edits = registry({ realms: [realm] });
      expect(refusalOf(edits)).toMatch(/registries\.0\.realms\.0: must be https, or http/);
    });
    it.each(BAD)("refuses it as a gallery's: %s", (url) => {
      const edits = gallery({ url });
      expect(refusalOf(edits)).toMatch(/galleries\.0\.url: must be https, or http/);
    });
    it.each(BAD)("refuses it as the issuer's: %s", (issuer) =>
      expect(refusalOf({ oidc: { issuer } })).toMatch(/oidc\.issuer: must be https, or http/),
    );
    it.each(['https://a.test', 'https://a.test:444', 'http://localhost:5000', 'http://127.0.0.1', 'http://[::1]:5000'])(
      'takes %s',
      (origin) => {
        const edits = registry({ origin, realms: [`${origin}/token`] });
        expect(refusalOf(edits)).toBeUndefined();
      },
    );
  });

  it.each([
    ['a self-hosted runner', 'projects.0.roles.report.runner_environments', ['github-hosted', 'self-hosted']],
    ['another event', 'projects.0.roles.report.events', ['release']],
    ['the empty suffix', 'projects.0.expect', { '': ['amd64', 'arm64'] }],
    ['a platform of its own', 'projects.0.platforms', { jetson: 'linux/arm64/v8' }],
    ['an official image', 'projects.0.targets', [{ repository: 'docker.io/library/alpine' }]],
    ['a deep name', 'projects.0.targets', [{ repository: 'ghcr.io/a/b-c/d_e/f.g' }]],
  ])('takes %s', (_, path, value) => expect(refusalOf({ [path]: value })).toBeUndefined());
});

describe('configWarnings', () => {
  const warnings = (edits: Edits = {}) => configWarnings(configOf(edits));

  it('has none for the example', () => expect(warnings()).toEqual([]));
  it('says that a workflow path pins no caller', () =>
    expect(warnings({ 'policies.0.source_repository_id': undefined })).toEqual([
      expect.stringMatching(/^MUSTER\.policies\.localai: without source_repository_id/),
    ]));
  it('does not ask a key for a repository', () =>
    expect(warnings({ 'policies.1': { name: 'key', public_key: 'PEM' } })).toEqual([]));
  it.each(['backend_merge', '^backend_merge', 'backend_merge$', '^a|b$', '^a$|^b', '^a\\$', 'a^$|$'])(
    'says that the identity %s matches anywhere',
    (regex) =>
      expect(warnings({ 'policies.0.identity_regex': regex })).toEqual([
        expect.stringMatching(/^MUSTER\.policies\.localai\.identity_regex: is not anchored/),
      ]),
  );
  it.each(['^a$', '^(a|b)$', '^(?:a|(b|c))$', '^a[|]b$', '^a\\|b$', '^a[)|]$', '^\\(a$'])(
    'takes the identity %s for whole',
    (regex) => expect(warnings({ 'policies.0.identity_regex': regex })).toEqual([]),
  );
  it('says that an issuer matches anywhere', () =>
    expect(warnings({ 'policies.0.issuer': undefined, 'policies.0.issuer_regex': 'githubusercontent' })).toEqual([
      expect.stringMatching(/issuer_regex: is not anchored/),
    ]));
  it.each(['report', 'sign'])('says that nobody has the role %s', (role) =>
    expect(warnings({ [`projects.0.roles.${role}`]: undefined })).toEqual([
      expect.stringContaining(`MUSTER.projects.localai.roles.${role}: absent`),
    ]),
  );
});
