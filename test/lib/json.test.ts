import { describe, expect, it } from 'vitest';
import { decodeUtf8, parseStrictJson } from '../../src/lib/json.ts';

describe('parseStrictJson', () => {
  it.each(['{"a":1,"b":{"a":2}}', '[{"a":1},{"a":2}]', '{"a":"\\"a\\":1,","b":["a","a"]}', '"a"', '{"a\\"":1,"a":2}'])(
    'parses %s as JSON.parse does',
    (text) => {
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    },
  );
  it.each([
    '{"a":1,"a":1}',
    '{"b":[{"a":1,"c":{},"a":2}]}',
    '{"a":1,"\\u0061":2}',
    '{"a" \n:1,"x":"}","a"\t:2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\\\":1,"a\\\\":2}',
  ])('refuses a key twice: %s', (text) => {
    expect(() => parseStrictJson(text)).toThrow(/^repeats the key/);
  });
  it('takes keys for the same that are folded to the same', () => {
    expect(parseStrictJson('{"a":1,"A":2}')).toEqual({ a: 1, A: 2 });
    expect(() => parseStrictJson('{"a":1,"A":2}', (key) => key.toLowerCase())).toThrow(SyntaxError);
  });
  it('says no word of the text that is not JSON', () => {
    expect(() => parseStrictJson('{"secret"')).toThrow(/^is not JSON$/);
  });
  it('reads a string of 4 MB, and one of a million escapes', () => {
    for (const value of ['x'.repeat(4_000_000), '\\"'.repeat(1_000_000)])
      expect(() => parseStrictJson(`{"a":"${value}","a":1}`)).toThrow(/^repeats/);
  });
});

describe('decodeUtf8', () => {
  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]]])('refuses bytes that are none: %j', (bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
  });
  it('keeps a byte order mark, which no JSON begins with', () => {
    expect(decodeUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b]))).toBe('\ufeff{');
  });
});
