import { describe, expect, it } from 'vitest';
import { buildStatement, preAuthEncode } from '../../../src/lib/sigstore/statement.ts';

const [A, B] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

describe('buildStatement', () => {
  it("is cosign's signature of these digests, and names nothing else", () => {
    expect(JSON.parse(buildStatement([A]).toString())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'a'.repeat(64) } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    });
  });
  it('has the same bytes for the same digests, in any order', () => {
    expect(buildStatement([B, A, B])).toEqual(buildStatement([A, B]));
  });
});

describe('preAuthEncode', () => {
  // The specification's own example.
  it('writes the lengths in bytes', () => {
    const type = 'http://example.com/HelloWorld';
    expect(preAuthEncode(type, Buffer.from('hello world')).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    expect(preAuthEncode('é', Buffer.from('é')).toString()).toBe('DSSEv1 2 é 2 é');
  });
});
