import type { BlobStore } from './blob-store.ts';
import { digestLike } from './bytes.ts';

/** Blobs in memory. */
export function createMemoryStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  const uploads = new Map<string, Uint8Array[]>();
  const sizeOf = (chunks: readonly Uint8Array[]) => chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    size: async (digest) => blobs.get(digest)?.byteLength,
    open: (digest, from, to) => new Blob([new Uint8Array(blobs.get(digest) ?? []).slice(from, to + 1)]).stream(),
    begin: async (id) => {
      uploads.set(id, []);
    },
    uploaded: async (id) => {
      const chunks = uploads.get(id);
      return chunks && sizeOf(chunks);
    },
    append: async (id, body) => {
      const chunks = uploads.get(id) ?? [];
      for await (const chunk of body ?? []) chunks.push(new Uint8Array(chunk));
      return sizeOf(chunks);
    },
    commit: async (id, digest) => {
      const bytes = Buffer.concat(uploads.get(id) ?? []);
      if (digestLike(digest, bytes) !== digest) return false;
      blobs.set(digest, bytes);
      uploads.delete(id);
      return true;
    },
    abort: async (id) => {
      uploads.delete(id);
    },
  };
}
