import { discard, piecesOf, readBody } from '../body.ts';
import { CodedError } from '../error.ts';
import { call } from '../http.ts';
import { headBlob } from './blob-head.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, parseDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { prepareUpload, pushWhole } from './push-blob.ts';
import { repeatTruncated } from './repeat.ts';
import { refuseStatus } from './respond.ts';
import { type BlobSource, type CopyOptions, copyBlob } from './upload.ts';
import { uploadLocation } from './upload-location.ts';

const MAX_REDIRECTS = 5;

export interface Blobs extends BlobSource {
  hasBlob(digest: Digest): Promise<boolean>;
  /** A small blob, whole, its digest checked. @throws {OciError} DIGEST_MISMATCH */
  pullBlob(digest: Digest, maxBytes: number): Promise<Uint8Array>;
  /** Uploads a small blob, in one request where the registry can. */
  pushBlob(bytes: Uint8Array): Promise<Digest>;
  /** The same for one that many manifests name: pushed once in a while, unless `forgetBlobs` was called since. */
  keepBlob(bytes: Uint8Array): Promise<Digest>;
  /** Doubts that what `keepBlob` pushed before is still there. */
  forgetBlobs(): void;
  /** Opens an upload for the next blob that is pushed, where that saves a round trip then. */
  prepareUpload(): Promise<void>;
  /** Whether the registry took the blob over from another of its repositories; a refusal only means that it must be copied. */
  mountBlob(digest: Digest, from: string): Promise<boolean>;
  /** Streams a blob from elsewhere, in chunks, hashed on the way. @throws {OciError} DIGEST_MISMATCH, and nothing is committed */
  copyBlob(digest: Digest, size: number, from: BlobSource, options: CopyOptions): Promise<void>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs */
export function createBlobs(context: RepositoryContext): Blobs {
  return {
    openBlob: (digest, offset = 0) => openBlob(context, digest, offset),
    hasBlob: (digest) => headBlob(context, digest),
    pullBlob: (digest, maxBytes) => repeatTruncated(() => pullBlob(context, digest, maxBytes)),
    pushBlob: async (bytes) => {
      const digest = await sha256(bytes);
      await pushWhole(context, digest, bytes);
      return digest;
    },
    keepBlob: async (bytes) => {
      const { memory, name } = context;
      const digest = await sha256(bytes);
      if (memory.holds(name, digest)) return digest;
      await pushWhole(context, digest, bytes);
      memory.hold(name, digest);
      return digest;
    },
    forgetBlobs: () => context.memory.forgetHeld(),
    prepareUpload: () => prepareUpload(context),
    mountBlob: (digest, from) => mountBlob(context, digest, from),
    copyBlob: (digest, size, from, options) => copyBlob(context, { digest, size, from, ...options }),
  };
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs */
async function openBlob(context: RepositoryContext, digest: Digest, offset: number): Promise<Response> {
  const { host, name, origin, send, caller } = context;
  const headers: Record<string, string> = offset > 0 ? { Range: `bytes=${offset}-` } : {};
  const scopes = [scopeOf(name, 'pull')];
  let url = new URL(`${name}/blobs/${parseDigest(digest)}`, origin);
  let response = await send({ path: url, init: { headers }, scopes });
  for (let hops = 0; response.status >= 300 && response.status < 400; hops += 1) {
    await discard(response);
    url = redirectTarget(response.headers.get('Location'), url, origin, hops);
    response =
      url.origin === origin.origin
        ? await send({ path: url, init: { headers }, scopes })
        : await call(caller, url.href, { headers });
  }
  if (response.status === 200) return offset > 0 ? withoutFirst(response, offset) : response;
  const range = response.headers.get('Content-Range') ?? '';
  if (offset > 0 && response.status === 206 && range.startsWith(`bytes ${offset}-`)) return response;
  return refuseStatus(response, `blob ${host}/${name} ${digest}`);
}

/** What a server that knows no ranges gives, from an offset on. @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2 */
function withoutFirst(response: Response, offset: number): Response {
  const pieces = piecesOf(response);
  let left = offset;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return controller.close();
        const rest = value.subarray(left);
        left -= value.byteLength - rest.byteLength;
        if (rest.byteLength > 0) return controller.enqueue(rest);
      }
    },
    cancel: async () => {
      await pieces.return(undefined);
    },
  });
  return new Response(body);
}

async function pullBlob(context: RepositoryContext, digest: Digest, maxBytes: number): Promise<Uint8Array> {
  const bytes = await readBody(await openBlob(context, digest, 0), maxBytes);
  const actual = await sha256(bytes);
  if (actual !== digest)
    throw new OciError('DIGEST_MISMATCH', `blob ${context.host}/${context.name} ${digest}: the bytes have ${actual}`);
  return bytes;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository */
async function mountBlob(context: RepositoryContext, digest: Digest, from: string): Promise<boolean> {
  const { name, origin, send } = context;
  const push = [scopeOf(name, 'pull,push')];
  const url = new URL(`${name}/blobs/uploads/?mount=${parseDigest(digest)}&from=${encodeURIComponent(from)}`, origin);
  let response: Response;
  try {
    response = await send({ path: url, init: { method: 'POST' }, scopes: [...push, scopeOf(from, 'pull')] });
  } catch (error) {
    // A token service that grants no reading of the source is no reason against a copy.
    if (error instanceof OciError && error.code === 'UNAUTHORIZED') return false;
    throw error;
  }
  await discard(response);
  // Some registries say that they mounted a blob which they then do not have.
  if (response.status === 201) return headBlob(context, digest);
  if (response.status === 202) await cancelUpload(context, response, url);
  return false;
}

/** Frees the upload that a registry began instead of a mount, as far as it can be. */
async function cancelUpload({ name, send }: RepositoryContext, response: Response, request: URL): Promise<void> {
  try {
    const path = uploadLocation(response, request);
    const scopes = [scopeOf(name, 'pull,push')];
    await discard(await send({ path, init: { method: 'DELETE' }, scopes, once: true }));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}

/** Storage elsewhere is asked without credentials, over https, or over loopback where the registry is there too. */
export function redirectTarget(location: string | null, from: URL, origin: URL, hops: number): URL {
  if (location === null || !URL.canParse(location, from) || hops >= MAX_REDIRECTS)
    throw new OciError('REDIRECT_INVALID', 'the blob redirects nowhere, or too often');
  const url = new URL(location, from);
  const isLoopback = url.hostname === origin.hostname && origin.protocol === 'http:';
  if (url.protocol !== 'https:' && !isLoopback)
    throw new OciError('REDIRECT_INVALID', 'the blob redirects to an insecure place');
  if (url.username !== '' || url.password !== '')
    throw new OciError('REDIRECT_INVALID', 'the blob redirects to a place with credentials in its address');
  return url;
}
