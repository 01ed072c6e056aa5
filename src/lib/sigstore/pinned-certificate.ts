import type { ASN1Obj, X509Certificate } from '@sigstore/core';

/** Where a TBSCertificate has its SubjectPublicKeyInfo. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
const KEY_INFO = 6;
/** The tag of its extensions. */
const EXTENSIONS = 3;

/**
 * Keeps what a certificate is asked for again and again: its bytes, those of its parts, and whether another one signed
 * it. The library writes the whole certificate anew for each of these, which takes longer than the elliptic curves do.
 * All of it follows from the certificate alone, and no part of one is ever changed, but of a copy the extensions.
 *
 * @returns the same certificate
 * @throws {Error} where it is not one of version 3
 */
export function pinCertificate(certificate: X509Certificate): X509Certificate {
  const { tbsCertificate, root } = certificate;
  const keyInfo = tbsCertificate.subs[KEY_INFO];
  if (!keyInfo) throw new Error('not a certificate of version 3');
  for (const part of [keyInfo, tbsCertificate, root]) pinBytes(part);
  const clone = certificate.clone.bind(certificate);
  certificate.clone = () => {
    const copy = clone();
    const others = copy.tbsCertificate.subs.filter(({ tag }) => !tag.isContextSpecific(EXTENSIONS));
    for (const part of [...others, ...copy.extensions]) pinBytes(part);
    return copy;
  };
  const verify = certificate.verify.bind(certificate);
  const known = new WeakMap<X509Certificate, boolean>();
  certificate.verify = (issuer = certificate) => {
    const holds = known.get(issuer) ?? verify(issuer);
    known.set(issuer, holds);
    return holds;
  };
  return certificate;
}

/** The bytes that it was parsed from, which are its DER: the parser takes nothing else. */
function pinBytes(part: ASN1Obj): void {
  const { buffer, byteOffset, byteLength } = part.value;
  const header = byteLength < 128 ? 2 : 3 + Math.floor(Math.log2(byteLength) / 8);
  const der = Buffer.from(buffer, byteOffset - header, header + byteLength);
  part.toDER = () => der;
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
