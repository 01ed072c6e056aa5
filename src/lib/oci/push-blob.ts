import { discard } from '../body.ts';
import { pause } from '../http.ts';
import { HttpError } from '../http-error.ts';
import { headBlob } from './blob-head.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import type { Digest } from './digest.ts';
import { refuseStatus } from './respond.ts';
import { uploadLocation } from './upload-location.ts';

const BINARY = { 'Content-Type': 'application/octet-stream' };
/** A registry that takes no blob with the POST gets it twice: larger ones go with the PUT at once. */
const MAX_POSTED_BYTES = 1024 * 1024;
const MIN_BYTES_PER_S = 256 * 1024;

/**
 * Opens an upload for the next blob, where the registry takes none in one request: the blob then takes one round trip
 * less. One that is not used is the registry's to forget, as any that breaks off.
 */
export async function prepareUpload({ name, origin, send, memory }: RepositoryContext): Promise<void> {
  if (!memory.needsSessions) return;
  const url = new URL(`${name}/blobs/uploads/`, origin);
  const opened = await send({ path: url, init: { method: 'POST' }, scopes: [scopeOf(name, 'pull,push')], once: true });
  await discard(opened);
  if (opened.status === 202) memory.keepSession(name, uploadLocation(opened, url));
}

/** Whether the blob went into an upload that was opened ahead; one that is gone is no error. */
async function putInto(
  { name, send }: RepositoryContext,
  location: URL,
  digest: Digest,
  bytes: Uint8Array,
): Promise<boolean> {
  location.searchParams.set('digest', digest);
  const init = { method: 'PUT', headers: BINARY, body: bytes };
  const put = await send({ path: location, init, scopes: [scopeOf(name, 'pull,push')], once: true });
  await discard(put);
  return put.status === 201;
}

/**
 * Uploads a blob whose bytes are at hand and are known to have this digest. An answer that was lost is found out by a
 * HEAD; an upload that broke off is begun anew.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
export async function pushWhole(context: RepositoryContext, digest: Digest, bytes: Uint8Array): Promise<void> {
  const { caller } = context;
  for (let tries = 1; ; tries += 1) {
    try {
      return await pushOnce(context, digest, bytes);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (await headBlob(context, digest)) return;
      if (tries >= caller.retry.tries) throw error;
      await pause(caller, tries, error.retryAfterMs);
    }
  }
}

async function pushOnce(context: RepositoryContext, digest: Digest, bytes: Uint8Array): Promise<void> {
  const { host, name, origin, send, caller, memory } = context;
  const scopes = [scopeOf(name, 'pull,push')];
  const timeoutMs = caller.retry.timeoutMs + (bytes.byteLength / MIN_BYTES_PER_S) * 1000;
  const ahead = memory.takeSession(name);
  if (ahead && (await putInto(context, ahead, digest, bytes))) return;
  const isPosted = bytes.byteLength <= MAX_POSTED_BYTES && !memory.needsSessions;
  const url = new URL(`${name}/blobs/uploads/${isPosted ? `?digest=${digest}` : ''}`, origin);
  const body = isPosted ? { headers: BINARY, body: bytes } : {};
  const posted = await send({ path: url, init: { method: 'POST', ...body }, scopes, once: true, timeoutMs });
  if (posted.status === 201 && isPosted) return discard(posted);
  if (isPosted && posted.status === 202) memory.needsSessions = true;
  if (posted.status !== 202) return refuseStatus(posted, `blob ${host}/${name} ${digest}`);
  await discard(posted);
  const location = uploadLocation(posted, url);
  location.searchParams.set('digest', digest);
  const init = { method: 'PUT', headers: BINARY, body: bytes };
  const put = await send({ path: location, init, scopes, once: true, timeoutMs });
  if (put.status !== 201) return refuseStatus(put, `blob ${host}/${name} ${digest}`);
  await discard(put);
}
