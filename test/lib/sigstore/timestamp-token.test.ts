import { ASN1Obj, RFC3161Timestamp } from '@sigstore/core';
import { describe, expect, it } from 'vitest';
import { checkTimestampToken, hasKnownSigner } from '../../../src/lib/sigstore/timestamp-token.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { codeOf, dsse, dsseRoot, edit, verifyDsse } from './setup.ts';

const [first] = dsse.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
const BYTES = Buffer.from(first?.signedTimestamp ?? '', 'base64');
const AUTHORITIES = parseTrustedRoot(dsseRoot).material.timestampAuthorities;
const LEAF = AUTHORITIES[0]?.certChain[0];
const STATUS = 8;
const ROOT_TAG = 0;

const parse = (bytes: Buffer) => RFC3161Timestamp.parse(Buffer.from(bytes));

/** The token with a byte exchanged. */
function withByte(at: number, byte: number): RFC3161Timestamp {
  const bytes = Buffer.from(BYTES);
  bytes[at] = byte;
  return parse(bytes);
}

/** The token's SignedData, whose members may be exchanged. */
function signedDataOf(token: RFC3161Timestamp): ASN1Obj {
  const data = token.root.subs[1]?.subs[1]?.subs[0];
  if (!data) throw new Error('the token has signed data');
  return data;
}

function withCertificates(...certificates: (ASN1Obj | undefined)[]): RFC3161Timestamp {
  const token = parse(BYTES);
  const data = signedDataOf(token);
  const brought = data.subs.find(({ tag }) => tag.isContextSpecific(0));
  brought?.subs.splice(0, 9, ...certificates.flatMap((one) => one ?? []));
  return token;
}

describe('checkTimestampToken', () => {
  it('takes what an authority answered', () => {
    expect(() => checkTimestampToken(parse(BYTES))).not.toThrow();
  });
  it.each([1, 2, 3])('refuses one whose status is %i', (status) => {
    expect(() => checkTimestampToken(withByte(STATUS, status))).toThrow('not granted');
  });
  it('refuses one that is a set', () => {
    expect(() => checkTimestampToken(withByte(ROOT_TAG, 0x31))).toThrow('no response');
  });
  it('refuses one that ends before its token', () => {
    expect(() => checkTimestampToken(parse(Buffer.from('30053003020100', 'hex')))).toThrow();
  });
  it.each([
    ['no signer', (signers: ASN1Obj[]) => signers.splice(0, 1)],
    ['two signers', (signers: ASN1Obj[]) => signers.push(...signers)],
  ])('refuses one with %s', (_, change) => {
    const token = parse(BYTES);
    change(signedDataOf(token).subs.at(-1)?.subs ?? []);
    expect(() => checkTimestampToken(token)).toThrow('no response');
  });
  describe('when it is signed with RSA', () => {
    /** The token with other algorithms; each is the last byte of its identifier. */
    const signedWith = (signature: number, digest: number) => {
      const token = parse(BYTES);
      const signer = signedDataOf(token).subs.at(-1)?.subs[0];
      const identifiers = [`06096086480165030402${hex(digest)}`, `06092a864886f70d0101${hex(signature)}`];
      for (const [at, identifier] of [2, 4].map((at, index) => [at, identifiers[index] ?? ''] as const))
        signer?.subs[at]?.subs.splice(0, 1, ASN1Obj.parseBuffer(Buffer.from(identifier, 'hex')));
      return () => checkTimestampToken(token);
    };
    const hex = (byte: number) => byte.toString(16).padStart(2, '0');
    it.each([
      ['SHA-256', 11, 1],
      ['RSA alone, over SHA-256', 1, 1],
    ])('takes %s', (_, signature, digest) => {
      expect(signedWith(signature, digest)).not.toThrow();
    });
    it.each([
      ['SHA-384', 12, 2],
      ['SHA-512', 13, 3],
      ['RSA alone, over SHA-512', 1, 3],
      ['RSA-PSS', 10, 1],
    ])('refuses %s, which would be verified as SHA-256', (_, signature, digest) => {
      expect(signedWith(signature, digest)).toThrow('not supported');
    });
  });
  it('refuses one with members that nobody knows', () => {
    const token = parse(BYTES);
    const { subs } = signedDataOf(token);
    subs.splice(1, 0, ASN1Obj.parseBuffer(Buffer.from('0500', 'hex')));
    expect(() => checkTimestampToken(token)).toThrow('no response');
  });
});

describe('hasKnownSigner', () => {
  it('asks for no certificate', () => {
    expect(hasKnownSigner(parse(BYTES), [])).toBe(true);
  });
  it("takes the authority's own", () => {
    expect(hasKnownSigner(withCertificates(LEAF?.root), AUTHORITIES)).toBe(true);
  });
  it("refuses another, and the authority's where it is not trusted", () => {
    expect(hasKnownSigner(withCertificates(AUTHORITIES[0]?.certChain[1]?.root), AUTHORITIES)).toBe(false);
    expect(hasKnownSigner(withCertificates(LEAF?.root), [])).toBe(false);
  });
});

describe('verifyBundle', () => {
  const verify = (token: RFC3161Timestamp) => {
    const path = 'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp';
    return codeOf(() => verifyDsse(edit(dsse, path, token.root.toDER().toString('base64'))));
  };
  it('takes a timestamp that brings its certificate, and no other', () => {
    expect(verify(withCertificates(LEAF?.root))).toBe('no error');
    expect(verify(withCertificates(AUTHORITIES[0]?.certChain[1]?.root))).toBe('SIGNATURE_INVALID');
  });
  it('takes no timestamp that was not granted', () => {
    expect(verify(withByte(STATUS, 2))).toBe('BUNDLE_MALFORMED');
  });
});
