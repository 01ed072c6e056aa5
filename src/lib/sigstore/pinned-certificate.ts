import type { X509Certificate } from '@sigstore/core';

/** Where a TBSCertificate has its SubjectPublicKeyInfo. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
const KEY_INFO = 6;

/**
 * Keeps what a certificate is asked for again and again: its bytes, those of its parts, and whether another one signed
 * it. The library writes the whole certificate anew for each of these, which takes longer than the elliptic curves do.
 * All of it follows from the certificate alone, and no part of one is ever changed.
 *
 * @returns the same certificate
 * @throws {Error} where it is not one of version 3
 */
export function pinCertificate(certificate: X509Certificate): X509Certificate {
  const { tbsCertificate, root } = certificate;
  const keyInfo = tbsCertificate.subs[KEY_INFO];
  if (!keyInfo) throw new Error('not a certificate of version 3');
  // From the inside out: each is then written once.
  for (const part of [keyInfo, tbsCertificate, root]) {
    const der = part.toDER();
    part.toDER = () => der;
  }
  const verify = certificate.verify.bind(certificate);
  const known = new WeakMap<X509Certificate, boolean>();
  certificate.verify = (issuer = certificate) => {
    const holds = known.get(issuer) ?? verify(issuer);
    known.set(issuer, holds);
    return holds;
  };
  return certificate;
}

/**
 * Whether each certificate of a chain was signed by itself, or by later ones only: the order that the specification
 * wants. Without it the library would follow a circle.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_common.proto (X509CertificateChain)
 */
export function isOrdered(chain: readonly X509Certificate[]): boolean {
  return chain.every(
    (certificate, at) =>
      (certificate.subject.equals(certificate.issuer) && isSignedBy(certificate, certificate)) ||
      chain.slice(0, at).every((earlier) => !isSignedBy(certificate, earlier)),
  );
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer);
  } catch {
    return false;
  }
}
