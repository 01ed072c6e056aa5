import { randomUUID } from 'node:crypto';
import type { RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest, type RegistryPath } from './path.ts';

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs */
export async function answerUpload(context: RegistryContext, path: RegistryPath, request: Request): Promise<Response> {
  if (path.reference === '') {
    if (request.method !== 'POST') throw new RegistryError('UNSUPPORTED', 'an upload begins with POST');
    return beginUpload(context, path.name, request);
  }
  // What a broken connection still brings comes before the call that asks how far it came.
  return context.turns.take(path.reference, () => answerSession(context, path, request));
}

async function answerSession(context: RegistryContext, path: RegistryPath, request: Request): Promise<Response> {
  const size = await context.blobs.uploaded(path.reference);
  if (size === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload');
  switch (request.method) {
    case 'GET':
      return describeUpload(path, size, 204);
    case 'DELETE':
      await context.blobs.abort(path.reference);
      return new Response(null, { status: 204 });
    case 'PATCH':
      return describeUpload(path, await append(context, path, request, size), 202);
    case 'PUT':
      if (request.headers.get('Content-Length') !== '0') await append(context, path, request, size);
      return commit(context, path.name, path.reference, new URL(request.url).searchParams.get('digest'));
    default:
      throw new RegistryError('UNSUPPORTED', 'not a way to upload');
  }
}

async function beginUpload(context: RegistryContext, name: string, request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const [mount, from, digest] = ['mount', 'from', 'digest'].map((key) => query.get(key));
  if (mount && from && context.abilities.mounts && context.catalogue.find(from)?.blobs.has(mount))
    return keep(context, name, mount);
  const id = randomUUID();
  await context.blobs.begin(id);
  if (digest && context.abilities.singlePost) {
    await context.blobs.append(id, request.body);
    return commit(context, name, id, digest);
  }
  return describeUpload({ name, reference: id }, 0, 202);
}

/** A chunk must begin where the last one ended, and be as long as it says. */
async function append({ blobs }: RegistryContext, path: RegistryPath, request: Request, size: number): Promise<number> {
  const length = request.headers.get('Content-Length');
  const range = request.headers.get('Content-Range');
  const [, first, last] = /^(?:bytes )?(\d+)-(\d+)(?:\/.+)?$/.exec(range ?? '') ?? [];
  if (range !== null && Number(first) !== size)
    throw new RegistryError('RANGE_INVALID', `the next byte is ${size}`, uploadHeaders(path, size));
  if (range !== null && length !== null && Number(last) - Number(first) + 1 !== Number(length))
    throw new RegistryError('BLOB_UPLOAD_INVALID', 'Content-Range and Content-Length disagree');
  return blobs.append(path.reference, request.body);
}

async function commit(context: RegistryContext, name: string, id: string, digest: string | null): Promise<Response> {
  if (digest === null || !isDigest(digest)) throw new RegistryError('DIGEST_INVALID', 'the upload needs its digest');
  if (!(await context.blobs.commit(id, digest))) {
    await context.blobs.abort(id);
    throw new RegistryError('DIGEST_INVALID', 'the bytes have another digest');
  }
  return keep(context, name, digest);
}

function keep(context: RegistryContext, name: string, digest: string): Response {
  context.catalogue.open(name).blobs.add(digest);
  context.written({ kind: 'blob', name, digest });
  const headers = { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest };
  return new Response(null, { status: 201, headers });
}

type Upload = Pick<RegistryPath, 'name' | 'reference'>;

function describeUpload(upload: Upload, size: number, status: number): Response {
  return new Response(null, { status, headers: { ...uploadHeaders(upload, size), 'Content-Length': '0' } });
}

/** Where an upload goes on, and what it has. */
function uploadHeaders({ name, reference }: Upload, size: number): Record<string, string> {
  return {
    Location: `/v2/${name}/blobs/uploads/${reference}`,
    Range: `0-${Math.max(0, size - 1)}`,
    'Docker-Upload-UUID': reference,
  };
}
