import { describe, expect, it } from 'vitest';
import { parseDockerConfig } from '../../../src/lib/oci/credentials.ts';

const encode = (text: string) => Buffer.from(text).toString('base64');
const parse = (config: unknown) => parseDockerConfig(JSON.stringify(config));
const invalid = expect.objectContaining({ code: 'CREDENTIALS_INVALID' });

describe('parseDockerConfig', () => {
  it('decodes user and password', () => {
    const credentialOf = parse({ auths: { 'quay.io': { auth: encode('robot:secret') } } });
    expect(credentialOf('quay.io')).toEqual({ username: 'robot', password: 'secret' });
  });
  it('keeps the colons of a password', () =>
    expect(parse({ auths: { 'quay.io': { auth: encode('a:b:c') } } })('quay.io')?.password).toBe('b:c'));
  it('keeps what is not ASCII', () =>
    expect(parse({ auths: { 'quay.io': { auth: encode('ä:ü') } } })('quay.io')).toEqual({
      username: 'ä',
      password: 'ü',
    }));
  it('takes user and password as they are', () =>
    expect(parse({ auths: { 'quay.io': { username: 'a', password: 'b' } } })('quay.io')?.username).toBe('a'));
  it.each(['https://index.docker.io/v1/', 'https://index.docker.io/v1', 'index.docker.io', 'docker.io'])(
    'takes %s for docker.io',
    (key) => expect(parse({ auths: { [key]: { auth: encode('a:b') } } })('docker.io')).toBeDefined(),
  );
  it('takes an address for its host', () =>
    expect(parse({ auths: { 'https://quay.io/': { auth: encode('a:b') } } })('quay.io')).toBeDefined());
  it('keeps the port', () => {
    const credentialOf = parse({ auths: { 'localhost:5000': { auth: encode('a:b') } } });
    expect([credentialOf('localhost'), credentialOf('localhost:5001'), !!credentialOf('localhost:5000')]).toEqual([
      undefined,
      undefined,
      true,
    ]);
  });
  it.each(['quay.io.evil.test', 'evilquay.io', 'QUAY.io', 'quay.io.', 'quay', '__proto__', 'constructor'])(
    'has nothing for %s',
    (host) => expect(parse({ auths: { 'quay.io': { auth: encode('a:b') } } })(host)).toBeUndefined(),
  );
  it('has nothing where there are no credentials', () => expect(parse({})('quay.io')).toBeUndefined());
  it('passes over settings of other kinds', () =>
    expect(parse({ auths: {}, HttpHeaders: {}, credsStore: '', credHelpers: {} })('quay.io')).toBeUndefined());

  it.each([
    ['a credential store', { auths: {}, credsStore: 'desktop' }],
    ['a credential helper', { auths: {}, credHelpers: { 'gcr.io': 'gcloud' } }],
    ['an entry without a credential', { auths: { 'quay.io': {} } }],
    ['a credential without a colon', { auths: { 'quay.io': { auth: encode('abc') } } }],
    ['a credential without a user', { auths: { 'quay.io': { auth: encode(':abc') } } }],
    ['a credential without a password', { auths: { 'quay.io': { auth: encode('abc:') } } }],
    ['an auth that is no text', { auths: { 'quay.io': { auth: 7 } } }],
    ['auths that are a list', { auths: [] }],
  ])('refuses %s', (_, config) => expect(() => parse(config)).toThrow(invalid));
  it('refuses what is not JSON', () => expect(() => parseDockerConfig('auths:')).toThrow(invalid));
  it('says nothing of the content it refuses', () =>
    expect(() => parseDockerConfig('{"auths":"canary')).not.toThrow(/canary/));
});
