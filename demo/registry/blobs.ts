import { parseRange } from './bytes.ts';
import type { RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import type { RegistryPath } from './path.ts';

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs */
export async function answerBlob(context: RegistryContext, path: RegistryPath, request: Request): Promise<Response> {
  const { name, reference: digest } = path;
  const repository = context.catalogue.find(name);
  const size = repository?.blobs.has(digest) ? await context.blobs.size(digest) : undefined;
  if (!repository || size === undefined) throw new RegistryError('BLOB_UNKNOWN', 'the repository has no such blob');
  switch (request.method) {
    case 'DELETE':
      repository.blobs.delete(digest);
      context.written({ kind: 'delete', name, reference: digest, digest });
      return new Response(null, { status: 202 });
    case 'GET':
    case 'HEAD':
      return serveBlob(context, digest, size, request);
    default:
      throw new RegistryError('UNSUPPORTED', 'blobs are uploaded elsewhere');
  }
}

function serveBlob({ blobs }: RegistryContext, digest: string, size: number, request: Request): Response {
  const range = parseRange(request.headers.get('Range'), size);
  const { from, to } = range ?? { from: 0, to: size - 1 };
  const headers: Record<string, string> = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(to - from + 1),
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ...(range ? { 'Content-Range': `bytes ${from}-${to}/${size}` } : {}),
  };
  const isEmpty = request.method === 'HEAD' || to < from;
  return new Response(isEmpty ? null : blobs.open(digest, from, to), { status: range ? 206 : 200, headers });
}
