import { describe, expect, it } from 'vitest';
import { uploadLocation } from '../../../src/lib/oci/upload-location.ts';

const REQUEST = new URL('https://registry.test/v2/a/blobs/uploads/');
const of = (location?: string) =>
  uploadLocation(new Response(null, { headers: location === undefined ? {} : { Location: location } }), REQUEST).href;

describe('uploadLocation', () => {
  it.each([
    ['https://registry.test/v2/a/blobs/uploads/u?x=1', 'https://registry.test/v2/a/blobs/uploads/u?x=1'],
    ['/elsewhere/u', 'https://registry.test/elsewhere/u'],
    ['u', 'https://registry.test/v2/a/blobs/uploads/u'],
  ])('takes %s', (location, expected) => expect(of(location)).toBe(expected));
  it.each([
    undefined,
    'https://[',
    'https://evil.test/u',
    'http://registry.test/u',
    'https://registry.test:444/u',
    'https://registry.test.evil.test/u',
    '//evil.test/u',
    'https://user:pw@registry.test/u',
    'data:,u',
  ])('refuses %s', (location) =>
    expect(() => of(location)).toThrow(expect.objectContaining({ code: 'REDIRECT_INVALID' })),
  );
});
