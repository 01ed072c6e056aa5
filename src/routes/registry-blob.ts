import { discard } from '../lib/body.ts';
import { messageOf } from '../lib/error.ts';
import { streamCounted, streamVerified } from '../lib/gallery/pull-through/blob-stream.ts';
import { PullThroughError } from '../lib/gallery/pull-through/error.ts';
import { formatWindow, parseRange, type Window } from '../lib/gallery/pull-through/range.ts';
import type { Digest } from '../lib/oci/digest.ts';
import { OciError } from '../lib/oci/error.ts';
import type { Repository } from '../lib/oci/repository.ts';
import { etagOf, hasAlready, identify, notModified } from './content-headers.ts';
import { renderRangeInvalid } from './registry-error.ts';

/** How a blob is asked for: the request's headers. */
export interface BlobRequest {
  readonly isHead: boolean;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** A blob that may be served. */
export interface AdmittedBlob {
  readonly digest: Digest;
  /** In bytes, as a verified manifest has it. */
  readonly size: number;
  readonly upstream: Repository;
}

/**
 * Serves a blob: as the redirect that the registry upstream gives, else its bytes, hashed on the way.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs
 * @throws {PullThroughError} BLOB_UNKNOWN
 * @throws {OciError} {HttpError} where upstream gives no usable answer
 */
export async function serveBlob(request: BlobRequest, blob: AdmittedBlob): Promise<Response> {
  const { digest, size } = blob;
  if (hasAlready(request.ifNoneMatch, etagOf(digest))) return notModified(digest);
  const range = wantsPart(request, digest) ? parseRange(request.range, size) : undefined;
  if (range === 'unsatisfiable') return renderRangeInvalid(size);
  const window = range ?? { from: 0, to: size };
  const status = range ? 206 : 200;
  const headers = describe(blob, window, range !== undefined);
  if (request.isHead) {
    if (!(await blob.upstream.hasBlob(digest))) throw unknownBlob();
    return new Response(null, { status, headers });
  }
  if (size === 0) return new Response(await blob.upstream.pullBlob(digest, 0), { status, headers });
  const passed = await blob.upstream.passBlob(digest, range && `bytes=${formatWindow(range)}`);
  if (!passed) throw unknownBlob();
  if (passed.kind === 'redirect')
    return new Response(null, { status: 307, headers: { ...identify(digest), Location: passed.location.href } });
  return new Response(await stream(passed.response, blob, window), { status, headers });
}

/** A range is for GET alone, and only of the blob that the client began with. @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2 */
function wantsPart({ isHead, ifRange }: BlobRequest, digest: Digest): boolean {
  return !isHead && (ifRange === undefined || ifRange === etagOf(digest));
}

function describe({ digest, size }: AdmittedBlob, window: Window, isPart: boolean): Record<string, string> {
  return {
    ...identify(digest),
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(window.to - window.from),
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-cache',
    ...(isPart ? { 'Content-Range': `bytes ${formatWindow(window)}/${size}` } : {}),
  };
}

/** @throws {OciError} UNEXPECTED_STATUS where the answer is another range than was asked */
async function stream(response: Response, blob: AdmittedBlob, window: Window): Promise<ReadableStream<Uint8Array>> {
  const { digest, size } = blob;
  const options = { digest, size, window, onFailure: logFailure };
  if (response.status === 200) return streamVerified(response, options);
  const range = response.headers.get('Content-Range')?.trim() ?? '';
  if (![`bytes ${formatWindow(window)}/${size}`, `bytes ${formatWindow(window)}/*`].includes(range)) {
    await discard(response);
    throw new OciError('UNEXPECTED_STATUS', `blob ${digest}: another range than was asked`);
  }
  return streamCounted(response, options);
}

function logFailure(error: unknown): void {
  console.warn(JSON.stringify({ at: 'pull-through blob', problem: messageOf(error) }));
}

function unknownBlob(): PullThroughError {
  return new PullThroughError('BLOB_UNKNOWN', 'the repository has no such blob');
}
