import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { BlobStore } from './blob-store.ts';
import { algorithmOf, hashFor } from './bytes.ts';

/** Blobs as files, so that gigabytes pass through little memory and a restart finds them. */
export function createFolderStore(folder: string): BlobStore {
  const blobAt = (digest: string) => `${folder}/blobs/${digest.replace(':', '-')}`;
  const uploadAt = (id: string) => `${folder}/uploads/${id}`;
  return {
    size: (digest) => sizeOf(blobAt(digest)),
    open: (digest, start, end) =>
      Readable.toWeb(createReadStream(blobAt(digest), { start, end })) as unknown as ReadableStream<Uint8Array>,
    begin: async (id) => {
      for (const name of ['blobs', 'uploads']) await mkdir(`${folder}/${name}`, { recursive: true });
      await writeFile(uploadAt(id), '');
    },
    uploaded: (id) => sizeOf(uploadAt(id)),
    append: async (id, body) => {
      const file = await open(uploadAt(id), 'a');
      try {
        for await (const chunk of body ?? []) await file.appendFile(chunk);
        return (await file.stat()).size;
      } finally {
        await file.close();
      }
    },
    commit: async (id, digest) => {
      const hash = hashFor(digest);
      for await (const chunk of createReadStream(uploadAt(id))) hash.update(chunk as Buffer);
      if (`${algorithmOf(digest)}:${hash.digest('hex')}` !== digest) return false;
      await persist(uploadAt(id));
      await rename(uploadAt(id), blobAt(digest));
      return true;
    },
    abort: (id) => rm(uploadAt(id), { force: true }),
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch {
    return undefined;
  }
}

async function persist(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}
