import { discard } from '../body.ts';
import { type CallInit, pause } from '../http.ts';
import { HttpError } from '../http-error.ts';
import { headBlob } from './blob-head.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import type { Digest } from './digest.ts';
import { OciError } from './error.ts';
import { refuseStatus } from './respond.ts';
import { uploadLocation } from './upload-location.ts';

const BINARY = { 'Content-Type': 'application/octet-stream' };
/** A chunk that goes slower than this times out. */
const MIN_BYTES_PER_S = 256 * 1024;
/** What a registry reads again at the commit, at least. */
const MIN_HASHED_BYTES_PER_S = 32 * 1024 * 1024;

/** Where an upload stands: its address at the registry, and how many bytes the registry has. */
export interface UploadState {
  readonly location: string;
  readonly offset: number;
}

/**
 * One upload of a blob in chunks. No chunk is sent twice blindly: what became of a call that failed is asked first.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
 */
export class UploadSession {
  readonly #context: RepositoryContext;
  readonly #digest: Digest;
  #location: URL;
  #offset: number;
  /** The shortest chunk that the registry takes, but for the last. */
  readonly minChunkBytes: number;

  private constructor(context: RepositoryContext, digest: Digest, location: URL, offset: number, minChunkBytes = 0) {
    this.#context = context;
    this.#digest = digest;
    this.#location = location;
    this.#offset = offset;
    this.minChunkBytes = minChunkBytes;
  }

  static async start(context: RepositoryContext, digest: Digest): Promise<UploadSession> {
    const { host, name, origin, send } = context;
    const url = new URL(`${name}/blobs/uploads/`, origin);
    const response = await send({ path: url, init: { method: 'POST' }, scopes: [scopeOf(name, 'pull,push')] });
    if (response.status !== 202) return refuseStatus(response, `upload ${host}/${name} ${digest}`);
    await discard(response);
    const minimum = Number(response.headers.get('OCI-Chunk-Min-Length') ?? 0);
    const minChunkBytes = Number.isSafeInteger(minimum) ? minimum : 0;
    return new UploadSession(context, digest, uploadLocation(response, url), 0, minChunkBytes);
  }

  /** Goes on with an upload of an earlier process, from where the registry says; undefined where it knows it no more. */
  static async resume(
    context: RepositoryContext,
    digest: Digest,
    { location, offset }: UploadState,
    size: number,
  ): Promise<UploadSession | undefined> {
    if (!URL.canParse(location) || new URL(location).origin !== context.origin.origin) return undefined;
    const session = new UploadSession(context, digest, new URL(location), offset);
    try {
      await session.#ask(0, size);
      return session;
    } catch (error) {
      if (error instanceof OciError && error.code === 'UPLOAD_LOST') return undefined;
      throw error;
    }
  }

  get state(): UploadState {
    return { location: this.#location.href, offset: this.#offset };
  }

  /** @throws {OciError} UPLOAD_LOST where the registry has other bytes than were sent, or none any more */
  async append(chunk: Uint8Array): Promise<void> {
    const from = this.#offset;
    const end = from + chunk.byteLength;
    const { caller } = this.#context;
    for (let tries = 1; this.#offset < end; tries += 1) {
      try {
        if (await this.#patch(chunk.subarray(this.#offset - from))) return;
        if (tries >= caller.retry.tries) throw this.#lost('the registry does not go on');
      } catch (error) {
        if (!(error instanceof HttpError) || tries >= caller.retry.tries) throw error;
        await pause(caller, tries, error.retryAfterMs);
      }
      await this.#ask(from, end);
    }
  }

  /** Sends what is left of a chunk; false where the registry stands elsewhere (416). */
  async #patch(rest: Uint8Array): Promise<boolean> {
    const headers = { ...BINARY, 'Content-Range': `${this.#offset}-${this.#offset + rest.byteLength - 1}` };
    const response = await this.#send({ method: 'PATCH', headers, body: rest }, rest.byteLength / MIN_BYTES_PER_S);
    if (response.status === 416) {
      await discard(response);
      return false;
    }
    if (response.status === 404) return this.#forget(response);
    if (response.status !== 202) return refuseStatus(response, this.#what);
    await discard(response);
    this.#location = uploadLocation(response, this.#location);
    this.#offset += rest.byteLength;
    return true;
  }

  /** Asks how far the upload has come. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
  async #ask(from: number, end: number): Promise<void> {
    const { name, send } = this.#context;
    const response = await send({ path: this.#location, scopes: [scopeOf(name, 'pull,push')] });
    if (response.status === 401 || response.status === 403) return refuseStatus(response, this.#what);
    if (response.status !== 204 && response.status !== 200) return this.#forget(response);
    await discard(response);
    const offset = committedBytes(response.headers.get('Range'), this.#offset);
    if (offset === undefined || offset < from || offset > end) throw this.#lost('the registry has other bytes');
    if (response.headers.has('Location')) this.#location = uploadLocation(response, this.#location);
    this.#offset = offset;
  }

  /**
   * Makes the blob of what was sent. An answer that was lost is found out by a HEAD.
   *
   * @throws {OciError} DIGEST_MISMATCH where the registry finds other bytes, UPLOAD_LOST
   */
  async commit(): Promise<void> {
    const { caller } = this.#context;
    this.#location.searchParams.set('digest', this.#digest);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#put();
      } catch (error) {
        // A try may have made it, this one or one before.
        const isUnclear = error instanceof HttpError || tries > 1;
        if (isUnclear && (await headBlob(this.#context, this.#digest))) return;
        if (!(error instanceof HttpError) || tries >= caller.retry.tries) throw error;
        await pause(caller, tries, error.retryAfterMs);
      }
    }
  }

  async #put(): Promise<void> {
    const response = await this.#send({ method: 'PUT' }, this.#offset / MIN_HASHED_BYTES_PER_S);
    if (response.status === 404) return this.#forget(response);
    if (response.status !== 201 && response.status !== 400) return refuseStatus(response, this.#what);
    await discard(response);
    if (response.status === 400) throw new OciError('DIGEST_MISMATCH', `${this.#what}: the registry refuses the bytes`);
  }

  /** Frees what the registry keeps for the upload, as far as it can be reached. */
  async cancel(): Promise<void> {
    await this.#send({ method: 'DELETE' }, 0).then(discard, () => undefined);
  }

  #send(init: CallInit, seconds: number): Promise<Response> {
    const { name, send, caller } = this.#context;
    const timeoutMs = caller.retry.timeoutMs + seconds * 1000;
    return send({ path: this.#location, init, scopes: [scopeOf(name, 'pull,push')], once: true, timeoutMs });
  }

  async #forget(response: Response): Promise<never> {
    await discard(response);
    throw this.#lost('the registry knows the upload no more');
  }

  #lost(why: string): OciError {
    return new OciError('UPLOAD_LOST', `${this.#what}: ${why}`);
  }

  get #what(): string {
    return `upload ${this.#context.host}/${this.#context.name} ${this.#digest}`;
  }
}

/**
 * The number of bytes that a `Range` header speaks of: `0-99` are 100. Quay writes `bytes=0-100` for as many, and
 * `0-0` may be one byte or, at CNCF Distribution, none: then `known` decides.
 *
 * @see https://github.com/quay/quay/blob/master/endpoints/v2/blob.py
 */
function committedBytes(range: string | null, known: number): number | undefined {
  const match = /^(bytes=)?0-(\d{1,15})$/.exec(range ?? '');
  if (!match) return undefined;
  const last = Number(match[2]);
  if (match[1] !== undefined) return last;
  return last === 0 && known !== 1 ? 0 : last + 1;
}
