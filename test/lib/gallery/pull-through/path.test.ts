import { describe, expect, it } from 'vitest';
import { parseRegistryPath, rawPathOf } from '../../../../src/lib/gallery/pull-through/path.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function codeOf(path: string): string {
  try {
    return parseRegistryPath(path).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('parseRegistryPath', () => {
  it.each([
    ['q/a/b/manifests/v1', { kind: 'manifest', name: 'q/a/b', reference: 'v1' }],
    [`q/a/manifests/${DIGEST}`, { kind: 'manifest', name: 'q/a', reference: DIGEST }],
    [`quay.io/a/blobs/${DIGEST}`, { kind: 'blob', name: 'quay.io/a', digest: DIGEST }],
    [`q/a/referrers/${DIGEST}`, { kind: 'referrers', name: 'q/a', digest: DIGEST }],
    ['q/a/tags/list', { kind: 'tags', name: 'q/a' }],
    ['q/manifests/manifests/v1', { kind: 'manifest', name: 'q/manifests', reference: 'v1' }],
    ['q/a/tags/manifests/list', { kind: 'manifest', name: 'q/a/tags', reference: 'list' }],
  ])('reads %s', (path, parsed) => {
    expect(parseRegistryPath(path)).toEqual(parsed);
  });

  it('decodes the colon of a digest', () => {
    expect(parseRegistryPath(`q/a/blobs/${DIGEST.replace(':', '%3A')}`)).toMatchObject({ digest: DIGEST });
  });

  it.each([
    ['q/../etc/manifests/v1', 'NAME_INVALID'],
    ['../../a/b/tags/list', 'NAME_INVALID'],
    ['q%2fa/manifests/v1', 'NAME_INVALID'],
    ['q/a%2Fb/manifests/v1', 'NAME_INVALID'],
    ['q/%2e%2e/b/manifests/v1', 'NAME_INVALID'],
    ['q//a/manifests/v1', 'NAME_INVALID'],
    ['/q/a/manifests/v1', 'NAME_INVALID'],
    ['q/a//manifests/v1', 'NAME_INVALID'],
    ['q/A/manifests/v1', 'NAME_INVALID'],
    ['q/a b/manifests/v1', 'NAME_INVALID'],
    ['q:5000/a/manifests/v1', 'NAME_INVALID'],
    ['user@q/a/manifests/v1', 'NAME_INVALID'],
    ['q/manifests/v1', 'NAME_INVALID'],
    [`q/${'a'.repeat(300)}/manifests/v1`, 'NAME_INVALID'],
    [`q/a/${'b/'.repeat(200)}manifests/v1`, 'NAME_INVALID'],
    ['q/../../x', 'NAME_INVALID'],
    ['q//', 'NAME_INVALID'],
    ['_catalog', 'ENDPOINT_UNKNOWN'],
    ['q/a', 'ENDPOINT_UNKNOWN'],
    ['q/a/blobs/uploads/1', 'ENDPOINT_UNKNOWN'],
    ['q/a/blobs/sha256:ab', 'DIGEST_INVALID'],
    [`q/a/blobs/sha512:${'a'.repeat(128)}`, 'DIGEST_INVALID'],
    [`q/a/blobs/${DIGEST.toUpperCase()}`, 'DIGEST_INVALID'],
    ['q/a/blobs/..', 'DIGEST_INVALID'],
    ['q/a/blobs/', 'DIGEST_INVALID'],
    ['q/a/referrers/v1', 'DIGEST_INVALID'],
    ['q/a/manifests/sha256:totallywrong', 'DIGEST_INVALID'],
    [`q/a/manifests/${DIGEST}0`, 'DIGEST_INVALID'],
    ['q/a/manifests/.hidden', 'MANIFEST_UNKNOWN'],
    ['q/a/manifests/..', 'NAME_INVALID'],
    ['q/a/manifests/%2e%2e', 'NAME_INVALID'],
    ['q/a/manifests/..%2f..%2fb%2fmanifests%2fv1', 'NAME_INVALID'],
    ['q/a/manifests/v1%00', 'NAME_INVALID'],
    ['q/a/manifests/v%31', 'NAME_INVALID'],
    ['q/a/manifests/v1;x=1', 'MANIFEST_UNKNOWN'],
    ['q/a/manifests/v\u00fc', 'MANIFEST_UNKNOWN'],
    [`q/a/manifests/sha256:${'A'.repeat(64)}`, 'DIGEST_INVALID'],
    [`q/a/manifests/${'t'.repeat(129)}`, 'MANIFEST_UNKNOWN'],
  ])('refuses %s', (path, code) => {
    expect(codeOf(path)).toBe(code);
  });

  it('refuses a very long path at once', () => {
    const before = performance.now();
    expect(codeOf(`${'a/'.repeat(50_000)}manifests/v1/`)).toBe('NAME_INVALID');
    expect(performance.now() - before).toBeLessThan(200);
  });
});

describe('rawPathOf', () => {
  it.each([
    ['http://localhost/v2/q/../x?n=1', '/v2/q/../x'],
    ['https://a.test:8787/v2/%2e%2e/x#y', '/v2/%2e%2e/x'],
    ['http://localhost', ''],
  ])('keeps %s as it came', (url, path) => {
    expect(rawPathOf(url)).toBe(path);
  });
});
