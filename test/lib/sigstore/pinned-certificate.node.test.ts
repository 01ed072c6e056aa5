import { X509Certificate } from '@sigstore/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isOrdered, pinCertificate } from '../../../src/lib/sigstore/pinned-certificate.ts';
import { dsse, dsseRoot } from './setup.ts';

const parse = (base64 = '') => X509Certificate.parse(Buffer.from(base64, 'base64'));
const LEAF = dsse.verificationMaterial.certificate.rawBytes;
const [INTERMEDIATE, ROOT] =
  dsseRoot.certificateAuthorities[0]?.certChain.certificates.map(({ rawBytes }) => rawBytes) ?? [];

describe('pinCertificate', () => {
  let leaf: X509Certificate;
  let intermediate: X509Certificate;
  let root: X509Certificate;
  beforeAll(() => {
    [leaf, intermediate, root] = [parse(LEAF), parse(INTERMEDIATE), parse(ROOT)].map(pinCertificate) as [
      X509Certificate,
      X509Certificate,
      X509Certificate,
    ];
  });

  it('changes nothing that a certificate says', () => {
    for (const [pinned, base64] of [[leaf, LEAF] as const, [intermediate, INTERMEDIATE] as const]) {
      const plain = parse(base64);
      expect(pinned.root.toDER()).toEqual(plain.root.toDER());
      expect(pinned.publicKey).toEqual(plain.publicKey);
      expect(pinned.equals(plain)).toBe(true);
    }
  });
  it('says who signed it, each time', () => {
    for (let at = 0; at < 2; at += 1)
      expect([leaf.verify(intermediate), leaf.verify(root), intermediate.verify(root), root.verify()]).toEqual([
        true,
        false,
        true,
        true,
      ]);
  });
  it('looks once whether a certificate signed it', () => {
    const signer = pinCertificate(parse(INTERMEDIATE));
    const publicKey = vi.spyOn(signer, 'publicKey', 'get');
    for (let at = 0; at < 3; at += 1) leaf.verify(signer);
    expect(publicKey).toHaveBeenCalledTimes(1);
  });
  it('leaves a copy free to change', () => {
    const copy = leaf.clone();
    copy.extensions.splice(0, 1);
    const plain = parse(LEAF).clone();
    plain.extensions.splice(0, 1);
    expect(copy.tbsCertificate.toDER()).toEqual(plain.tbsCertificate.toDER());
    expect(copy.tbsCertificate.toDER()).not.toEqual(leaf.tbsCertificate.toDER());
  });
});

describe('isOrdered', () => {
  const chain = (...certificates: (string | undefined)[]) => certificates.map((one) => pinCertificate(parse(one)));
  it.each([
    ['from the leaf to the root', [LEAF, INTERMEDIATE, ROOT], true],
    ['a root alone', [ROOT], true],
    ['nothing', [], true],
    ['from the root to the leaf', [ROOT, INTERMEDIATE], false],
    ['the leaf last', [INTERMEDIATE, ROOT, LEAF], false],
  ])('tells %s', (_, certificates, ordered) => {
    expect(isOrdered(chain(...certificates))).toBe(ordered);
  });
});
