import { describe, expect, it } from 'vitest';
import { isDigest, parseDigest, sha256 } from '../../../src/lib/oci/digest.ts';

const HEX = 'a'.repeat(64);

describe('parseDigest', () => {
  it('takes sha256 and 64 hex digits', () => expect(parseDigest(`sha256:${HEX}`)).toBe(`sha256:${HEX}`));
  it.each([
    ['upper case', `sha256:${HEX.toUpperCase()}`],
    ['another algorithm', `sha512:${HEX}${HEX}`],
    ['one digit too few', `sha256:${HEX.slice(1)}`],
    ['one digit too many', `sha256:${HEX}a`],
    ['no algorithm', HEX],
    ['a path behind it', `sha256:${HEX}/../../x`],
    ['a line break behind it', `sha256:${HEX}\n`],
    ['something before it', ` sha256:${HEX}`],
    ['a number', 7],
    ['nothing', undefined],
  ])('refuses %s', (_, value) =>
    expect(() => parseDigest(value)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' })),
  );
});

describe('isDigest', () => {
  it('says no instead of throwing', () => expect(isDigest({})).toBe(false));
});

describe('sha256', () => {
  it('hashes the bytes', async () =>
    expect(await sha256(new TextEncoder().encode('abc'))).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ));
  it('hashes only the part that a view shows', async () =>
    expect(await sha256(new TextEncoder().encode('xabcx').subarray(1, 4))).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ));
});
