import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../src/lib/oci/challenge.ts';

const only = (header: string) => {
  const [challenge, ...more] = parseChallenges(header);
  expect(more).toEqual([]);
  return challenge;
};

describe('parseChallenges', () => {
  it("reads Docker Hub's", () => {
    const header =
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"';
    expect(only(header)).toEqual({
      scheme: 'bearer',
      parameters: {
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull',
      },
    });
  });

  describe('when the scope lists several actions', () => {
    it('keeps the quoted comma', () => {
      expect(only('Bearer scope="repository:a:pull,push",realm="r"')?.parameters.scope).toBe('repository:a:pull,push');
    });
    it('keeps the quoted space between two scopes', () => {
      expect(only('Bearer scope="a:b:c d:e:f"')?.parameters.scope).toBe('a:b:c d:e:f');
    });
  });

  describe('when several schemes stand in one header', () => {
    it('tells them apart', () => {
      const schemes = parseChallenges('Basic realm="a, b", Bearer realm="c",service="d", Negotiate');
      expect(schemes).toEqual([
        { scheme: 'basic', parameters: { realm: 'a, b' } },
        { scheme: 'bearer', parameters: { realm: 'c', service: 'd' } },
        { scheme: 'negotiate', parameters: {} },
      ]);
    });
    it('passes over the token of another scheme', () => {
      expect(parseChallenges('Negotiate YWJj+/==, Basic realm="a"').map(({ scheme }) => scheme)).toEqual([
        'negotiate',
        'basic',
      ]);
    });
  });

  describe('when it is written unusually', () => {
    it('reads the scheme in any case', () => expect(only('BEARER realm="r"')?.scheme).toBe('bearer'));
    it('reads the names in any case', () => expect(only('Bearer Realm="r"')?.parameters.realm).toBe('r'));
    it('allows spaces after commas', () =>
      expect(only('Bearer realm="r", service="s"')?.parameters).toEqual({ realm: 'r', service: 's' }));
    it('allows spaces around the equals sign', () => expect(only('Bearer realm = "r"')?.parameters.realm).toBe('r'));
    it('reads a value without quotes', () => expect(only('Bearer realm=r,service=s')?.parameters.service).toBe('s'));
    it('resolves escapes', () => expect(only('Bearer realm="a\\"b\\\\c"')?.parameters.realm).toBe('a"b\\c'));
    it('keeps an empty value', () => expect(only('Bearer service=""')?.parameters.service).toBe(''));
    it('passes over empty list elements', () => expect(only(',, Bearer realm="r",,')?.parameters.realm).toBe('r'));
    it('takes a parameter called __proto__ for nothing', () =>
      expect(only('Bearer __proto__="x",realm="r"')?.parameters.realm).toBe('r'));
  });

  it('finds nothing in an empty header', () => expect(parseChallenges('')).toEqual([]));
  it.each([
    'Bearer realm="open',
    'Bearer a=b,realm=',
    'Bearer realm="a" "b"',
    '"',
    '=a',
    'Bearer (',
    'Bearer a=b,realm==',
    'é',
  ])('refuses %s', (header) =>
    expect(() => parseChallenges(header)).toThrow(expect.objectContaining({ code: 'CHALLENGE_INVALID' })),
  );
  it('refuses a very long one', () =>
    expect(() => parseChallenges(`Bearer realm="${'a'.repeat(16 * 1024)}"`)).toThrow(
      expect.objectContaining({ code: 'CHALLENGE_INVALID' }),
    ));
});
