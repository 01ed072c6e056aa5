import seeds from '@sigstore/tuf/seeds.json';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/lib/config.ts';
import { chooseInstance, nameOfInstance, type TufInstance } from '../../../src/lib/trust/instance.ts';

const PUBLIC_GOOD = 'https://tuf-repo-cdn.sigstore.dev';
const ROOT = Buffer.from(seeds[PUBLIC_GOOD]['root.json'], 'base64').toString('utf8');
const project = {
  name: 'p',
  repository: 'o/r',
  repository_id: '1',
  repository_owner_id: '2',
  refs: ['refs/heads/main'],
  tags: ['type=sha'],
  policy: 'p',
  roles: {},
  targets: [{ repository: 'quay.io/a/b' }],
};
const whole = {
  audience: 'https://muster.test',
  projects: [project],
  policies: [{ name: 'p', issuer: 'i', identity: 's' }],
};

/** The instance that a configuration means, with or without `sigstore.json`. */
function instanceOf(sigstore?: object, file: unknown = {}) {
  const { sigstore: settings } = parseConfig({ MUSTER: { ...whole, ...(sigstore ? { sigstore } : {}) } });
  return chooseInstance(settings, file);
}

describe('chooseInstance', () => {
  it('means the public-good instance where nothing is said', () => {
    expect(instanceOf()).toMatchObject({ kind: 'tuf', mirror: PUBLIC_GOOD, root: ROOT });
    expect(instanceOf()).toHaveProperty('packaged');
  });
  it('needs no root for its mirror', () => {
    expect(instanceOf({ tuf: { url: `${PUBLIC_GOOD}/` } })).toEqual(instanceOf());
  });
  it.each([
    ['as text', ROOT],
    ['as a table', JSON.parse(ROOT)],
  ])("takes another mirror's root %s, and nothing packaged", (_, root) => {
    const instance = instanceOf({ tuf: { url: 'https://tuf.test/', root } });
    expect(instance).toEqual({ kind: 'tuf', mirror: 'https://tuf.test', root: JSON.stringify(JSON.parse(ROOT)) });
  });
  it('packages nothing for a root of the configuration', () => {
    expect(instanceOf({ tuf: { url: PUBLIC_GOOD, root: ROOT } })).not.toHaveProperty('packaged');
  });
  it('takes both documents', () => {
    const documents = { trusted_root: { a: 1 }, signing_config: { b: 2 } };
    expect(instanceOf(documents)).toEqual({ kind: 'documents', trustedRoot: { a: 1 }, signingConfig: { b: 2 } });
  });
  it.each([
    ['a mirror without a root', { tuf: { url: 'https://tuf.test' } }, 'MUSTER.sigstore.tuf.root'],
    ['a root that is none', { tuf: { url: 'https://tuf.test', root: '{}' } }, 'MUSTER.sigstore.tuf.root'],
    ['a root that is not JSON', { tuf: { url: 'https://tuf.test', root: '{' } }, 'MUSTER.sigstore.tuf.root'],
    ['a mirror on plain HTTP', { tuf: { url: 'http://tuf.test', root: ROOT } }, 'MUSTER.sigstore.tuf.url'],
    ['one document of two', { trusted_root: {} }, 'MUSTER.sigstore'],
    ['documents and a mirror', { tuf: { url: PUBLIC_GOOD }, trusted_root: {}, signing_config: {} }, 'MUSTER.sigstore'],
  ])('refuses %s, and names the key', (_, sigstore, key) => {
    expect(() => instanceOf(sigstore)).toThrow(key);
  });

  describe('when sigstore.json says something', () => {
    it('means that', () => {
      expect(instanceOf(undefined, { tuf: { url: 'https://tuf.test', root: JSON.parse(ROOT) } })).toMatchObject({
        mirror: 'https://tuf.test',
      });
    });
    it('lets the variables go first', () => {
      const file = { trusted_root: {}, signing_config: {} };
      expect(instanceOf({ tuf: { url: PUBLIC_GOOD } }, file)).toMatchObject({ kind: 'tuf' });
    });
    it('refuses what is no setting, and names the file', () => {
      expect(() => instanceOf(undefined, { tuff: {} })).toThrow('sigstore.json');
    });
  });
});

describe('nameOfInstance', () => {
  const instance: TufInstance = { kind: 'tuf', mirror: 'https://tuf.test', root: 'one' };
  it('differs for another anchor', () => {
    expect(nameOfInstance(instance)).not.toBe(nameOfInstance({ ...instance, root: 'other' }));
  });
  it('stays where a newer package brings a newer root', () => {
    const packaged = { ...instance, packaged: 'x' };
    expect(nameOfInstance(packaged)).toBe(nameOfInstance({ ...packaged, root: 'other', packaged: 'y' }));
  });
});
