/**
 * Stands in for `crypto` in @sigstore/* and @tufjs/*, which lean on habits of Node that workerd does not have: a default
 * digest for EC keys, a key wrapped as `{ key }`, and RSA-PSS. Everything else is workerd's own.
 *
 * @see https://nodejs.org/api/crypto.html#cryptoverifyalgorithm-data-key-signature-callback
 */
import nodeCrypto, { createPublicKey, KeyObject } from 'node:crypto';

type Verify = typeof nodeCrypto.verify;
type VerifyKey = Parameters<Verify>[2];

function unwrap(key: VerifyKey): KeyObject {
  if (key instanceof KeyObject) return key;
  if (typeof key === 'object' && 'key' in key && key.key instanceof KeyObject) return key.key;
  return createPublicKey(key as Parameters<typeof createPublicKey>[0]);
}

const { RSA_PKCS1_PSS_PADDING: PSS, RSA_PSS_SALTLEN_AUTO } = nodeCrypto.constants;

/** As TUF's RSA keys are used. */
function isPss(key: VerifyKey): boolean {
  return typeof key === 'object' && 'padding' in key && key.padding === PSS;
}

/** As `crypto.verify`, synchronous only; without an algorithm, SHA-256 unless the key is Ed25519. */
export function verify(
  algorithm: string | null | undefined,
  data: NodeJS.ArrayBufferView,
  key: VerifyKey,
  signature: NodeJS.ArrayBufferView,
): boolean {
  const object = unwrap(key);
  const digest = object.asymmetricKeyType === 'ed25519' ? null : (algorithm ?? 'sha256');
  // The one-shot `verify` takes every RSA signature for one of PKCS #1 v1.5.
  if (isPss(key)) {
    const pem = object.export({ type: 'spki', format: 'pem' });
    const options = { key: pem, padding: PSS, saltLength: RSA_PSS_SALTLEN_AUTO };
    return nodeCrypto
      .createVerify(digest ?? 'sha256')
      .update(data)
      .verify(options, signature);
  }
  return nodeCrypto.verify(digest, data, object, signature);
}

export * from 'node:crypto';

const shim = { ...nodeCrypto, verify };
export default shim;
