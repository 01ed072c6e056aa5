import { createHash, type Hash } from 'node:crypto';
import { RegistryError } from './errors.ts';
import { isDigest } from './path.ts';

/** The digest of bytes, by the algorithm that `like` names. */
export function digestLike(like: string, bytes: Uint8Array): string {
  const hash = hashFor(like).update(bytes);
  return `${algorithmOf(like)}:${hash.digest('hex')}`;
}

/** A hash for the algorithm that a digest names. @throws {RegistryError} DIGEST_INVALID */
export function hashFor(digest: string): Hash {
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', 'not a digest');
  return createHash(algorithmOf(digest));
}

export function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** A body of at most `limit` bytes; a longer one is read to its end and not kept. @throws {RegistryError} SIZE_INVALID */
export async function readAll(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw new RegistryError('SIZE_INVALID', `more than ${limit} bytes`);
  return Buffer.concat(chunks);
}

/** `bytes=from-to` of something of `size` bytes; undefined without a range. @throws {RegistryError} RANGE_INVALID */
export function parseRange(header: string | null, size: number): { from: number; to: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const to = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (from > to) throw new RegistryError('RANGE_INVALID', 'nothing there', { 'Content-Range': `bytes */${size}` });
  return { from, to };
}
