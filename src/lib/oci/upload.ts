import { createHash } from 'node:crypto';
import { HttpError } from '../http.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import type { Digest } from './digest.ts';
import { OciError } from './error.ts';
import { refuseStatus } from './respond.ts';
import { uploadLocation } from './upload-location.ts';

/** Where a blob's bytes come from. */
export interface BlobSource {
  /** A blob as a stream, from `offset` on; redirects are followed without credentials. */
  openBlob(digest: Digest, offset?: number): Promise<Response>;
}

export interface ChunkedCopy {
  readonly digest: Digest;
  /** Bytes in all. */
  readonly size: number;
  readonly from: BlobSource;
  readonly chunkBytes: number;
}

/**
 * Copies a blob by chunks: no more than one is in memory, and each stays below the limit that Cloudflare sets on a
 * request body. What was read is hashed by us, and the upload is cancelled before its commit where it is not the digest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export async function copyInChunks({ host, name, origin, send }: RepositoryContext, copy: ChunkedCopy): Promise<void> {
  const scopes = [scopeOf(name, 'pull,push')];
  const what = `upload ${host}/${name} ${copy.digest}`;
  const started = await send({ path: `${name}/blobs/uploads/`, init: { method: 'POST' }, scopes });
  if (started.status !== 202) return refuseStatus(started, what);
  await started.body?.cancel();
  let location = uploadLocation(started, origin);
  const cancel = () => send({ path: location, init: { method: 'DELETE' }, scopes }).catch(() => undefined);
  const hash = createHash('sha256');
  let offset = 0;
  try {
    for await (const chunk of chunksOf(await copy.from.openBlob(copy.digest), copy.chunkBytes)) {
      hash.update(chunk);
      const headers = {
        'Content-Type': 'application/octet-stream',
        'Content-Range': `${offset}-${offset + chunk.byteLength - 1}`,
      };
      const patched = await send({ path: location, init: { method: 'PATCH', headers, body: chunk }, scopes });
      if (patched.status !== 202) return await refuseStatus(patched, what);
      await patched.body?.cancel();
      location = uploadLocation(patched, origin);
      offset += chunk.byteLength;
    }
    if (offset !== copy.size) throw new HttpError('BODY_TRUNCATED', `${what}: ${offset} of ${copy.size} bytes came`);
    if (`sha256:${hash.digest('hex')}` !== copy.digest)
      throw new OciError('DIGEST_MISMATCH', `${what}: the bytes are others`);
  } catch (error) {
    await cancel();
    throw error;
  }
  location.searchParams.set('digest', copy.digest);
  const done = await send({ path: location, init: { method: 'PUT' }, scopes });
  if (done.status !== 201) return refuseStatus(done, what);
  await done.body?.cancel();
}

/** A body in pieces of `size` bytes, the last one shorter. */
async function* chunksOf(response: Response, size: number): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(size);
  let filled = 0;
  for await (const piece of response.body ?? []) {
    let rest: Uint8Array = piece;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, size - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled < size) continue;
      yield buffer;
      buffer = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.slice(0, filled);
}
