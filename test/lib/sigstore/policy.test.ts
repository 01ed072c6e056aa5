import { describe, expect, it } from 'vitest';
import { assessSigner, isLoose, type Policy, policySchema } from '../../../src/lib/sigstore/policy.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const IDENTITY = 'https://github.com/mudler/LocalAI/.github/workflows/backend_merge.yml@refs/heads/master';
const REGEX =
  '^https://github\\.com/mudler/LocalAI/\\.github/workflows/backend_merge\\.yml@refs/(heads/master|tags/.+)$';
const signer = { issuer: ISSUER, identity: IDENTITY, source_repository_id: '614592349' };

describe('policySchema', () => {
  const accepts = (policy: unknown) => policySchema.safeParse(policy).success;

  it.each([
    [{ issuer: 'i', identity: 's' }],
    [{ issuer_regex: 'i', identity_regex: 's' }],
    [{ issuer: 'i', identity_regex: 's', not_before: '2026-01-01T00:00:00Z' }],
    [{ public_key: '-----BEGIN PUBLIC KEY-----' }],
    [{ issuer: 'i', identity_regex: 'a'.repeat(512) }],
  ])('accepts %o', (policy) => {
    expect(accepts(policy)).toBe(true);
  });

  it.each([
    ['an empty one', {}],
    ['one without an identity', { issuer: 'i' }],
    ['one without an issuer', { identity: 's' }],
    ['one with pins alone', { source_repository_id: '1', runner_environment: 'github-hosted' }],
    ['one with a date alone', { not_before: '2026-01-01T00:00:00Z' }],
    ['one with an empty identity', { issuer: 'i', identity: '' }],
    ['one with an empty regex', { issuer: 'i', identity_regex: '' }],
    ['an unknown key', { issuer: 'i', identity: 's', identitty: 's' }],
    ['a key with an identity', { public_key: 'x', identity: 's' }],
    ['a key with a repository', { public_key: 'x', source_repository_id: '1' }],
    ['a key with an owner', { public_key: 'x', source_repository_owner_id: '1' }],
    ['a key with a runner', { public_key: 'x', runner_environment: 'github-hosted' }],
    ['a regex of 513 characters', { issuer: 'i', identity_regex: 'a'.repeat(513) }],
    ['a regex that RE2 lacks: a look-ahead', { issuer: 'i', identity_regex: 'a(?=b)' }],
    ['a regex that RE2 lacks: a back-reference', { issuer: 'i', identity_regex: '(a)\\1' }],
    ['a regex that is none', { issuer: 'i', identity_regex: '(' }],
    ['a repetition that would take all memory', { issuer: 'i', identity_regex: '((a{1000}){1000}){1000}' }],
    ['a date that is none', { issuer: 'i', identity: 's', not_before: 'soon' }],
    ['a date without a time zone', { issuer: 'i', identity: 's', not_before: '2026-01-01T00:00:00' }],
    ['a day alone', { issuer: 'i', identity: 's', not_before: '2026-01-01' }],
    ['a repository by name', { issuer: 'i', identity: 's', source_repository_id: 'mudler/LocalAI' }],
    ['text', 'localai'],
    ['a list', []],
    ['nothing', null],
  ])('refuses %s', (_, policy) => {
    expect(accepts(policy)).toBe(false);
  });
});

describe('assessSigner', () => {
  const assess = (policy: Policy, change: Partial<typeof signer> = {}) =>
    assessSigner(policy, { ...signer, ...change })?.code ?? 'ADMITTED';
  const exact = { issuer: ISSUER, identity: IDENTITY };

  it('admits who is named', () => {
    expect(assess(exact)).toBe('ADMITTED');
  });
  it.each([
    ['another issuer', { issuer: `${ISSUER}/` }, 'ISSUER_MISMATCH'],
    ['an issuer in other letters', { issuer: ISSUER.toUpperCase() }, 'ISSUER_MISMATCH'],
    ['another ref', { identity: `${IDENTITY}2` }, 'IDENTITY_MISMATCH'],
    ['what the identity would match as a regex', { identity: IDENTITY.replaceAll('.', 'x') }, 'IDENTITY_MISMATCH'],
    ['a name around the identity', { identity: `https://evil.test/?${IDENTITY}` }, 'IDENTITY_MISMATCH'],
    ['no identity', { identity: '' }, 'IDENTITY_MISMATCH'],
  ])('refuses %s', (_, change, code) => {
    expect(assess(exact, change)).toBe(code);
  });

  describe('when the identity is a regex', () => {
    const policy = { issuer: ISSUER, identity_regex: REGEX };
    it.each(['refs/heads/master', 'refs/tags/v4.3.0'])('admits %s', (ref) => {
      expect(assess(policy, { identity: IDENTITY.replace('refs/heads/master', ref) })).toBe('ADMITTED');
    });
    it.each([
      IDENTITY.replace('mudler/LocalAI', 'mudler/LocalAI-fork'),
      IDENTITY.replace('backend_merge', 'backend_build'),
      IDENTITY.replace('master', 'master2'),
      IDENTITY.replace('.yml', 'xyml'),
      `x${IDENTITY}`,
    ])('refuses %s', (identity) => {
      expect(assess(policy, { identity })).toBe('IDENTITY_MISMATCH');
    });
    it('searches, as LocalAI does, where it is not anchored', () => {
      expect(assess({ issuer: ISSUER, identity_regex: 'mudler/LocalAI' })).toBe('ADMITTED');
      expect(assess({ issuer_regex: 'githubusercontent', identity: IDENTITY })).toBe('ADMITTED');
    });
    it('wants both where both are said', () => {
      expect(assess({ ...exact, identity_regex: 'gitlab' })).toBe('IDENTITY_MISMATCH');
      expect(assess({ ...exact, identity: 'other', identity_regex: REGEX })).toBe('IDENTITY_MISMATCH');
    });
  });

  describe('when the policy pins what a workflow path cannot', () => {
    it.each([
      ['source_repository_id', '614592349', 'ADMITTED'],
      ['source_repository_id', '1', 'IDENTITY_MISMATCH'],
      ['source_repository_owner_id', '2420543', 'IDENTITY_MISMATCH'],
      ['runner_environment', 'github-hosted', 'IDENTITY_MISMATCH'],
    ])('compares %s with %s: %s', (pin, value, code) => {
      expect(assess({ ...exact, [pin]: value })).toBe(code);
    });
  });
});

describe('isLoose', () => {
  it.each([
    ['^a$', false],
    ['a$', true],
  ])('judges the regex of an identity: %s', (identity_regex, loose) => {
    expect(isLoose({ issuer: 'i', identity_regex })).toBe(loose);
  });
  it('judges the regex of an issuer too', () => {
    expect(isLoose({ issuer_regex: 'i', identity: 's' })).toBe(true);
  });
  it('finds nothing loose where nothing is a regex', () => {
    expect(isLoose({ issuer: 'i', identity: 's' })).toBe(false);
  });
});
