export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** What cosign calls the signature of an image. @see https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md */
export const COSIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

/**
 * The statement that these digests are signed, and no more; names no repository, so it serves every registry.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function buildStatement(digests: readonly string[]): Buffer {
  const subject = [...new Set(digests)]
    .sort()
    .map((digest) => ({ digest: { sha256: digest.slice('sha256:'.length) } }));
  return Buffer.from(
    JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType: COSIGN_PREDICATE, predicate: {} }),
  );
}

/** The bytes that a DSSE signature is over. @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md */
export function preAuthEncode(payloadType: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `),
    payload,
  ]);
}
