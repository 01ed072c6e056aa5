import { type ASN1Obj, type RFC3161Timestamp, X509Certificate } from '@sigstore/core';

/** An authority's certificates, its own first. */
interface Authority {
  readonly certChain: readonly X509Certificate[];
}

/** The tags within each part of a response, by where it is; -1 is the last. */
const SHAPE: readonly (readonly [path: readonly number[], tags: RegExp])[] = [
  [[], /^48,48$/], // TimeStampResp: status, token
  [[0], /^2$/], // PKIStatusInfo
  [[1], /^6,160$/], // ContentInfo
  [[1, 1], /^48$/],
  [[1, 1, 0], /^2,49,48(,160)?(,161)?,49$/], // SignedData: version, algorithms, content, certificates, revocations, signers
  [[1, 1, 0, 1], /^48(,48)*$/],
  [[1, 1, 0, 1, 0], /^6(,5)?$/],
  [[1, 1, 0, 2], /^6,160$/], // EncapsulatedContentInfo
  [[1, 1, 0, 2, 1], /^4$/],
  [[1, 1, 0, -1], /^48$/],
  [[1, 1, 0, -1, 0], /^2,48,48,160,48,4(,161)?$/], // SignerInfo: version, signer, digest, attributes, algorithm, signature
  [[1, 1, 0, -1, 0, 1], /^48,2$/],
  [[1, 1, 0, -1, 0, 2], /^6(,5)?$/],
  [[1, 1, 0, -1, 0, 4], /^6(,5)?$/],
];
const SEQUENCE = 48;
const CERTIFICATES = 160;
const SIGNED_DATA = [1, 1, 0];
const DIGEST_ALGORITHMS = [...SIGNED_DATA, 1];
const SIGNATURE_ALGORITHM = [...SIGNED_DATA, -1, 0, 4, 0];
/**
 * ECDSA with SHA-2, and RSA with SHA-256: of RSA the library does not read the hash, so that SHA-256 is taken for it.
 * Where the algorithm is RSA alone, the hash is that of the digest.
 */
const ALGORITHM = /^1\.2\.840\.(10045\.4\.3\.[2-4]|113549\.1\.1\.11|113549\.1\.1\.1 sha256)$/;
const RSA = '1.2.840.113549.1.1.1';

/**
 * Checks what the library passes over in a timestamp, since nobody signs it: that it was granted, and that it is what
 * the standard says, with one signer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2
 * @see https://www.rfc-editor.org/rfc/rfc5652#section-5.1
 * @throws {Error} saying what is wrong with it
 */
export function checkTimestampToken(timestamp: RFC3161Timestamp): void {
  const { root } = timestamp;
  const isWhole = SHAPE.every(([path, tags]) => tags.test(partOf(root, path).subs.map(tagOf).join()));
  if (tagOf(root) !== SEQUENCE || !isWhole || !partOf(root, DIGEST_ALGORITHMS).subs.every(isNamed))
    throw new Error('a timestamp is no response of an authority');
  if (timestamp.status !== 0n) throw new Error('a timestamp was not granted');
  if (!ALGORITHM.test(algorithmOf(timestamp)))
    throw new Error('a timestamp is signed in a way that is not supported: neither ECDSA nor RSA with SHA-256');
}

function algorithmOf({ root, signerDigestAlgorithm }: RFC3161Timestamp): string {
  const algorithm = partOf(root, SIGNATURE_ALGORITHM).toOID();
  return algorithm === RSA ? `${algorithm} ${signerDigestAlgorithm}` : algorithm;
}

/**
 * Whether the certificate that a timestamp brings for its signer, if it brings any, is an authority's in the trusted
 * root: the library takes that one anyway, but clients in Go compare.
 */
export function hasKnownSigner(timestamp: RFC3161Timestamp, authorities: readonly Authority[]): boolean {
  const { root, signerSerialNumber, signerIssuer } = timestamp;
  const brought = partOf(root, SIGNED_DATA).subs.find((part) => tagOf(part) === CERTIFICATES)?.subs ?? [];
  if (brought.length === 0) return true;
  const own = brought
    .map((certificate) => new X509Certificate(certificate))
    .find(({ serialNumber, issuer }) => serialNumber.equals(signerSerialNumber) && issuer.equals(signerIssuer));
  return own !== undefined && authorities.some(({ certChain: [leaf] }) => leaf?.equals(own));
}

/** An object identifier's last byte is below 128. */
function isNamed({ subs: [identifier] }: ASN1Obj): boolean {
  return (identifier?.value.at(-1) ?? 128) < 128;
}

function tagOf({ tag }: ASN1Obj): number {
  return tag.toDER();
}

/** @throws {Error} where there is none */
function partOf(root: ASN1Obj, path: readonly number[]): ASN1Obj {
  return path.reduce((part, at) => {
    const next = part.subs.at(at);
    if (!next) throw new Error('a timestamp ends early');
    return next;
  }, root);
}
