import { describe, expect, it } from 'vitest';
import { listCandidates, normaliseReference } from '../../../../src/lib/gallery/audit/candidates.ts';

const rolesOf = (uri: string, mirrors: string[] = []) =>
  listCandidates({ uri, mirrors }).map((candidate) => `${candidate.role} ${candidate.uri}`);

describe('listCandidates', () => {
  it("goes LocalAI's way from a release to a development image", () => {
    expect(rolesOf('quay.io/a/b:latest-x', ['a/b:latest-x'])).toEqual([
      'uri quay.io/a/b:latest-x',
      'mirror a/b:latest-x',
      'branch quay.io/a/b:master-x',
      'development quay.io/a/b:master-x-development',
    ]);
  });

  it('replaces only the first latest-', () => {
    expect(rolesOf('quay.io/latest-a/b:latest-x')[1]).toBe('branch quay.io/master-a/b:latest-x');
  });

  it.each(['quay.io/a/b:master-x', 'quay.io/a/b:v1-x', `quay.io/a/b@sha256:${'a'.repeat(64)}`])(
    'goes nowhere from %s',
    (uri) => {
      expect(rolesOf(uri)).toEqual([`uri ${uri}`]);
    },
  );

  it('adds -development once', () => {
    expect(rolesOf('quay.io/a/b:latest-x-development')).toHaveLength(2);
  });

  it.each([
    ['quay.io/a/b:t', true],
    ['docker.io/a/b:t', true],
    ['ghcr.io/a/b:t', true],
    ['oci://registry.test/a/b:t', true],
    ['localai/b:t', false],
    ['registry.test/a/b:t', false],
    ['localhost:5000/a/b:t', true],
    ['https://registry.test/a.tar', false],
  ])('knows whether a client takes %s for an image', (uri, reachable) => {
    expect(listCandidates({ uri })[0]?.reachable).toBe(reachable);
  });

  it.each([undefined, ''])('has nothing for an entry without a URI', (uri) => {
    expect(listCandidates({ ...(uri === undefined ? {} : { uri }), mirrors: ['quay.io/a/b:t'] })).toEqual([]);
  });
});

describe('normaliseReference', () => {
  it.each([
    ['localai/b:t', 'docker.io/localai/b:t'],
    ['oci://quay.io/a/b', 'quay.io/a/b:latest'],
    [`quay.io/a/b:t@sha256:${'a'.repeat(64)}`, `quay.io/a/b@sha256:${'a'.repeat(64)}`],
    ['https://a.test/b', undefined],
    ['ollama://a', undefined],
    ['ocifile:///a', undefined],
    ['quay.io/A', undefined],
    ['../../etc', undefined],
  ])('makes of %s %s', (uri, ref) => {
    expect(normaliseReference(uri)).toBe(ref);
  });
});
