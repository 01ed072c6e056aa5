/**
 * Stands in for `crypto` in @sigstore/* and @tufjs/*, which lean on two habits of Node that workerd does not have: a
 * default digest for EC keys, and a key wrapped as `{ key }`. Everything else is workerd's own.
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

/** As `crypto.verify`, synchronous only; without an algorithm, SHA-256 unless the key is Ed25519. */
export function verify(
  algorithm: string | null | undefined,
  data: NodeJS.ArrayBufferView,
  key: VerifyKey,
  signature: NodeJS.ArrayBufferView,
): boolean {
  const object = unwrap(key);
  const digest = object.asymmetricKeyType === 'ed25519' ? null : (algorithm ?? 'sha256');
  return nodeCrypto.verify(digest, data, object, signature);
}

export * from 'node:crypto';

const shim = { ...nodeCrypto, verify };
export default shim;
