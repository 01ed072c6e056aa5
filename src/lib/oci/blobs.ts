import { call, readBody } from '../http.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, parseDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { repeatTruncated } from './manifests.ts';
import { refuseStatus } from './respond.ts';
import { type BlobSource, copyInChunks } from './upload.ts';
import { uploadLocation } from './upload-location.ts';

const MAX_REDIRECTS = 5;

export interface Blobs extends BlobSource {
  hasBlob(digest: Digest): Promise<boolean>;
  /** A small blob, whole, its digest checked. @throws {OciError} DIGEST_MISMATCH */
  pullBlob(digest: Digest, maxBytes: number): Promise<Uint8Array>;
  /** Uploads a small blob, in one request where the registry can. */
  pushBlob(bytes: Uint8Array): Promise<Digest>;
  /** Whether the registry took the blob over from another of its repositories. */
  mountBlob(digest: Digest, from: string): Promise<boolean>;
  /** Streams a blob from elsewhere, in chunks, hashed on the way. @throws {OciError} DIGEST_MISMATCH, and nothing is committed */
  copyBlob(digest: Digest, size: number, from: BlobSource, options: { readonly chunkBytes: number }): Promise<void>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs */
export function createBlobs(context: RepositoryContext): Blobs {
  const { host, name, origin, send, caller } = context;
  const pull = [scopeOf(name, 'pull')];
  const push = [scopeOf(name, 'pull,push')];
  const at = (digest: string) => `blob ${host}/${name} ${digest}`;
  const pathOf = (digest: Digest) => `${name}/blobs/${parseDigest(digest)}`;

  const openBlob: Blobs['openBlob'] = async (digest, offset = 0) => {
    const headers: Record<string, string> = offset > 0 ? { Range: `bytes=${offset}-` } : {};
    let response = await send({ path: pathOf(digest), init: { headers }, scopes: pull });
    let url = new URL(pathOf(digest), origin);
    for (let hops = 0; response.status >= 300 && response.status < 400; hops += 1) {
      await response.body?.cancel();
      url = redirectTarget(response.headers.get('Location'), url, origin, hops);
      response = await call(caller, url.href, { headers });
    }
    if (response.status !== (offset > 0 ? 206 : 200)) return refuseStatus(response, at(digest));
    return response;
  };

  return {
    openBlob,
    hasBlob: async (digest) => {
      const response = await send({ path: pathOf(digest), init: { method: 'HEAD' }, scopes: pull });
      if (response.status === 404) return false;
      // A registry that redirects to its storage has the blob.
      if (response.status === 200 || (response.status >= 300 && response.status < 400)) return true;
      return refuseStatus(response, at(digest));
    },
    pullBlob: (digest, maxBytes) =>
      repeatTruncated(async () => {
        const bytes = await readBody(await openBlob(digest), maxBytes);
        const actual = await sha256(bytes);
        if (actual !== digest) throw new OciError('DIGEST_MISMATCH', `${at(digest)}: the bytes have ${actual}`);
        return bytes;
      }),
    pushBlob: async (bytes) => {
      const digest = await sha256(bytes);
      const headers = { 'Content-Type': 'application/octet-stream' };
      const posted = await send({
        path: `${name}/blobs/uploads/?digest=${digest}`,
        init: { method: 'POST', headers, body: bytes },
        scopes: push,
      });
      if (posted.status !== 201 && posted.status !== 202) return refuseStatus(posted, at(digest));
      await posted.body?.cancel();
      if (posted.status === 201) return digest;
      const location = uploadLocation(posted, origin);
      location.searchParams.set('digest', digest);
      const put = await send({ path: location, init: { method: 'PUT', headers, body: bytes }, scopes: push });
      if (put.status !== 201) return refuseStatus(put, at(digest));
      await put.body?.cancel();
      return digest;
    },
    mountBlob: async (digest, from) => {
      const path = `${name}/blobs/uploads/?mount=${parseDigest(digest)}&from=${encodeURIComponent(from)}`;
      const response = await send({ path, init: { method: 'POST' }, scopes: [...push, scopeOf(from, 'pull')] });
      await response.body?.cancel();
      if (response.status === 202)
        await send({ path: uploadLocation(response, origin), init: { method: 'DELETE' }, scopes: push }).catch(
          () => undefined,
        );
      if (response.status !== 201 && response.status >= 500) return refuseStatus(response, at(digest));
      return response.status === 201;
    },
    copyBlob: (digest, size, from, { chunkBytes }) => copyInChunks(context, { digest, size, from, chunkBytes }),
  };
}

/** Storage elsewhere is asked without credentials, over https, or over loopback where the registry is there too. */
export function redirectTarget(location: string | null, from: URL, origin: URL, hops: number): URL {
  if (location === null || !URL.canParse(location, from) || hops >= MAX_REDIRECTS)
    throw new OciError('REDIRECT_INVALID', 'the blob redirects nowhere, or too often');
  const url = new URL(location, from);
  const isLoopback = url.hostname === origin.hostname && origin.protocol === 'http:';
  if (url.protocol !== 'https:' && !isLoopback)
    throw new OciError('REDIRECT_INVALID', 'the blob redirects to an insecure place');
  return url;
}
