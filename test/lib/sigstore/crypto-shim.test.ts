import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verify } from '../../../src/lib/sigstore/crypto-shim.ts';
import { PKCS1, PSS_DIGEST_SALT, PSS_LONG_SALT, RSA_KEY } from './rsa-signatures.ts';

const DATA = Buffer.from('signed');
const OTHER = Buffer.from('other');
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ED25519 = generateKeyPairSync('ed25519');

describe('verify', () => {
  it.each([undefined, null, 'sha256'])('takes SHA-256 for the digest of an EC key: %s', (algorithm) => {
    const signature = sign('sha256', DATA, P256.privateKey);
    expect(verify(algorithm, DATA, P256.publicKey, signature)).toBe(true);
    expect(verify(algorithm, OTHER, P256.publicKey, signature)).toBe(false);
  });
  it('keeps to another digest', () => {
    const signature = sign('sha384', DATA, P256.privateKey);
    expect(verify('sha384', DATA, P256.publicKey, signature)).toBe(true);
    expect(verify('sha256', DATA, P256.publicKey, signature)).toBe(false);
  });
  it('takes no digest for an Ed25519 key, whatever is asked for', () => {
    const signature = sign(null, DATA, ED25519.privateKey);
    expect(verify('sha256', DATA, ED25519.publicKey, signature)).toBe(true);
    expect(verify(undefined, OTHER, ED25519.publicKey, signature)).toBe(false);
  });
  it('takes a key that is wrapped, or PEM', () => {
    const signature = sign('sha256', DATA, P256.privateKey);
    const pem = P256.publicKey.export({ type: 'spki', format: 'pem' });
    expect(verify('sha256', DATA, { key: P256.publicKey }, signature)).toBe(true);
    expect(verify('sha256', DATA, pem, signature)).toBe(true);
  });

  describe('when an RSA key comes with PSS padding', () => {
    const key = { key: RSA_KEY, padding: constants.RSA_PKCS1_PSS_PADDING };
    it.each([
      ['a salt as long as the digest', PSS_DIGEST_SALT],
      ['the longest salt', PSS_LONG_SALT],
    ])('verifies a signature with %s', (_, signature) => {
      expect(verify('sha256', DATA, key, signature)).toBe(true);
      expect(verify('sha256', OTHER, key, signature)).toBe(false);
    });
    it('refuses one without PSS', () => {
      expect(verify('sha256', DATA, key, PKCS1)).toBe(false);
      expect(verify('sha256', DATA, RSA_KEY, PKCS1)).toBe(true);
    });
  });
});
