import { describe, expect, it } from 'vitest';
import { isRepositoryName, isTag, parseImageReference, parseRepository } from '../../../src/lib/oci/reference.ts';

const DIGEST = `sha256:${'b'.repeat(64)}`;
const invalid = expect.objectContaining({ code: 'REFERENCE_INVALID' });

describe('parseImageReference', () => {
  it.each([
    ['alpine', 'docker.io', 'library/alpine', 'latest'],
    ['alpine:3', 'docker.io', 'library/alpine', '3'],
    ['localai/localai:v1', 'docker.io', 'localai/localai', 'v1'],
    ['docker.io/alpine', 'docker.io', 'library/alpine', 'latest'],
    ['index.docker.io/a/b', 'docker.io', 'a/b', 'latest'],
    ['quay.io/a/b:c', 'quay.io', 'a/b', 'c'],
    ['oci://quay.io/a/b:c', 'quay.io', 'a/b', 'c'],
    ['localhost/a', 'localhost', 'a', 'latest'],
    ['localhost:5000/a/b:c', 'localhost:5000', 'a/b', 'c'],
    ['a.b/c', 'a.b', 'c', 'latest'],
    ['a-b/c_d/e.f__g', 'docker.io', 'a-b/c_d/e.f__g', 'latest'],
  ])('reads %s', (text, registry, repository, tag) =>
    expect(parseImageReference(text)).toEqual({ registry, repository, tag }),
  );
  it('reads a digest', () =>
    expect(parseImageReference(`quay.io/a/b@${DIGEST}`)).toEqual({
      registry: 'quay.io',
      repository: 'a/b',
      digest: DIGEST,
    }));
  it('keeps the tag before a digest', () => expect(parseImageReference(`a/b:c@${DIGEST}`).tag).toBe('c'));

  it.each([
    ['nothing', ''],
    ['an empty tag', 'a/b:'],
    ['a short digest', 'a/b@sha256:ab'],
    ['two digests', `a/b@${DIGEST}@${DIGEST}`],
    ['a user', 'user@quay.io/a/b'],
    ['a user and password', 'user:pw@quay.io/a'],
    ['upper case', 'quay.io/A/b'],
    ['an upper-case host', 'QUAY.io/a/b'],
    ['a double slash', 'quay.io//a'],
    ['a slash at the end', 'quay.io/a/'],
    ['a path that climbs', 'quay.io/a/../b'],
    ['an escaped slash', 'quay.io/a%2fb'],
    ['a query', 'quay.io/a?b'],
    ['a fragment', 'quay.io/a#b'],
    ['a scheme', 'https://quay.io/a'],
    ['an IPv6 host', '[::1]:5000/a'],
    ['a port that is no number', 'quay.io:port/a'],
    ['a tag with a slash', 'quay.io/a:b/c'],
    ['a tag that is too long', `a/b:${'t'.repeat(129)}`],
    ['a line break', 'quay.io/a\n'],
    ['a name that is too long', `quay.io/${'a'.repeat(256)}`],
    ['more than 1024 characters', 'a/'.repeat(600)],
  ])('refuses %s', (_, text) => expect(() => parseImageReference(text)).toThrow(invalid));
});

describe('parseRepository', () => {
  it('splits host and name', () =>
    expect(parseRepository('quay.io/a/b')).toEqual({ registry: 'quay.io', repository: 'a/b' }));
  it('does not take a tag', () => expect(() => parseRepository('quay.io/a/b:c')).toThrow(invalid));
  it.each(['quay.io.evil.test/a/b', 'evilquay.io/a/b'])('keeps the whole host of %s', (text) =>
    expect(parseRepository(text).registry).toBe(text.slice(0, text.indexOf('/'))),
  );
});

describe('isTag', () => {
  it.each(['v1', '_', 'a.b-c_D', 't'.repeat(128)])('takes %s', (tag) => expect(isTag(tag)).toBe(true));
  it.each(['', '.a', '-a', 'a/b', 'a:b', 'a b', 'é', 't'.repeat(129)])('refuses "%s"', (tag) =>
    expect(isTag(tag)).toBe(false),
  );
});

describe('isRepositoryName', () => {
  it.each(['a', 'a/b/c', 'a--b', 'a__b', '0'])('takes %s', (name) => expect(isRepositoryName(name)).toBe(true));
  it.each(['', 'a/', '/a', 'a//b', 'a..b', 'a___b', '.', '..', 'a._b', '-a', 'a-', 'A'])('refuses "%s"', (name) =>
    expect(isRepositoryName(name)).toBe(false),
  );
});
