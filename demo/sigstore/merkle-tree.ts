import { createHash } from 'node:crypto';

/**
 * A log's Merkle tree: entries are added and never changed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */
export class MerkleTree {
  readonly #leaves: Buffer[] = [];
  readonly #indexes = new Map<string, number>();
  /** Hashes of complete subtrees, which no later entry changes. */
  readonly #complete = new Map<string, Buffer>();

  get size(): number {
    return this.#leaves.length;
  }

  /** The index of an entry that is there, by its leaf hash in hexadecimal. */
  indexOf(leaf: string): number | undefined {
    return this.#indexes.get(leaf);
  }

  /** Adds an entry and answers its index, from 0. */
  add(entry: Buffer): number {
    const leaf = leafHash(entry);
    const index = this.#leaves.push(leaf) - 1;
    this.#indexes.set(leaf.toString('hex'), index);
    return index;
  }

  /** The hash that commits to every entry. */
  root(): Buffer {
    return this.#hash(0, this.size);
  }

  /** The audit path of an entry, from its sibling up. @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1 */
  proof(index: number): Buffer[] {
    return this.#path(index, 0, this.size);
  }

  #path(index: number, begin: number, end: number): Buffer[] {
    if (end - begin <= 1) return [];
    const middle = begin + largestPowerBelow(end - begin);
    return index < middle
      ? [...this.#path(index, begin, middle), this.#hash(middle, end)]
      : [...this.#path(index, middle, end), this.#hash(begin, middle)];
  }

  #hash(begin: number, end: number): Buffer {
    if (end === begin) return sha256();
    const leaf = this.#leaves[begin];
    if (end - begin === 1 && leaf) return leaf;
    const key = `${begin} ${end}`;
    const known = this.#complete.get(key);
    if (known) return known;
    const middle = begin + largestPowerBelow(end - begin);
    const hash = sha256(Buffer.of(1), this.#hash(begin, middle), this.#hash(middle, end));
    if (Number.isInteger(Math.log2(end - begin))) this.#complete.set(key, hash);
    return hash;
  }
}

/** The hash under which an entry stands in the tree. */
export function leafHash(entry: Buffer): Buffer {
  return sha256(Buffer.of(0), entry);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** The largest power of two smaller than a size of at least 2. */
function largestPowerBelow(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}
