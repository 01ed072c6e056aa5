import { type KeyObject, sign } from 'node:crypto';
import type { MerkleTree } from './merkle-tree.ts';

/** Who signs a log's checkpoints. */
export interface CheckpointSigner {
  /** The checkpoint's first line. */
  readonly origin: string;
  /** The name on the signature's line; verifiers look for it in the log's URL. */
  readonly name: string;
  readonly key: KeyObject;
  /** Its first four bytes are the signature's hint. */
  readonly keyId: Buffer;
}

/**
 * Signs a tree's size and root hash.
 *
 * @see https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md
 */
export function signCheckpoint(tree: MerkleTree, { origin, name, key, keyId }: CheckpointSigner): string {
  const note = `${origin}\n${tree.size}\n${tree.root().toString('base64')}\n`;
  // Ed25519 hashes by itself.
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(note), key);
  return `${note}\n— ${name} ${Buffer.concat([keyId.subarray(0, 4), signature]).toString('base64')}\n`;
}
