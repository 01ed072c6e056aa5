import { createHash } from 'node:crypto';
import type { Digest } from '../../../src/lib/oci/digest.ts';
import type { BlobSource } from '../../../src/lib/oci/upload.ts';
import type { Answer, Seen } from '../fake-caller.ts';
import { bodyOf } from '../fake-caller.ts';

const UPLOADS = '/v2/team/app/blobs/uploads/';

/** What goes wrong at a call: it is lost before or after the registry has done it, or after a part of it. */
export type Fault = 'before' | 'after' | { readonly part: number } | Response;

export interface UploadPeerOptions {
  /** By `METHOD n`, counted from 1 for each method. */
  readonly faults?: Readonly<Record<string, Fault>>;
  /** How the state of an upload is told; Distribution drops an upload whose state does not fit its address. */
  readonly style?: 'spec' | 'quay' | 'distribution' | 'none';
  readonly minChunkBytes?: number;
}

/** The uploads of a registry, which is strict about ranges. */
export class UploadPeer {
  readonly blobs = new Map<string, Uint8Array>();
  readonly uploads = new Map<string, Uint8Array>();
  readonly #options: UploadPeerOptions;
  readonly #counts = new Map<string, number>();
  #next = 1;

  constructor(options: UploadPeerOptions = {}) {
    this.#options = options;
  }

  readonly answer: Answer = (request) => {
    const count = (this.#counts.get(request.method) ?? 0) + 1;
    this.#counts.set(request.method, count);
    const fault = this.#options.faults?.[`${request.method} ${count}`];
    if (fault === undefined) return this.#handle(request);
    if (fault instanceof Response) return fault;
    if (fault === 'after') this.#handle(request);
    if (typeof fault === 'object') this.#handle({ ...request, bytes: request.bytes.subarray(0, fault.part) });
    throw new Error('reset');
  };

  #handle(request: Seen): Response {
    const { method, url } = request;
    if (method === 'HEAD') return new Response(null, { status: this.blobs.has(digestIn(url)) ? 200 : 404 });
    if (method === 'POST') return this.#start();
    const id = url.pathname.slice(UPLOADS.length);
    const held = this.uploads.get(id);
    const state = Number(url.searchParams.get('_state') ?? held?.byteLength);
    if (!held || state !== held.byteLength) {
      this.uploads.delete(id);
      return new Response('{}', { status: 404 });
    }
    if (method === 'GET') return this.#status(id, 204, held.byteLength);
    if (method === 'DELETE') this.uploads.delete(id);
    if (method === 'DELETE') return new Response(null, { status: 204 });
    return method === 'PATCH' ? this.#append(id, held, request) : this.#commit(id, held, url);
  }

  #start(): Response {
    const id = `u${this.#next}`;
    this.#next += 1;
    this.uploads.set(id, new Uint8Array(0));
    return this.#status(id, 202, 0);
  }

  #append(id: string, held: Uint8Array, { headers, bytes }: Seen): Response {
    if (!headers.get('Content-Range')?.startsWith(`${held.byteLength}-`)) return this.#status(id, 416, held.byteLength);
    const grown = Buffer.concat([held, bytes]);
    this.uploads.set(id, grown);
    return this.#status(id, 202, grown.byteLength);
  }

  #commit(id: string, held: Uint8Array, url: URL): Response {
    const digest = url.searchParams.get('digest') ?? '';
    this.uploads.delete(id);
    if (digestOf(held) !== digest) return new Response('{"errors":[{"code":"DIGEST_INVALID"}]}', { status: 400 });
    this.blobs.set(digest, held);
    return new Response(null, { status: 201 });
  }

  #status(id: string, status: number, size: number): Response {
    const { style = 'spec', minChunkBytes } = this.#options;
    const headers = new Headers({
      Location: `${UPLOADS}${id}${style === 'distribution' ? `?_state=${size}` : ''}`,
    });
    if (style === 'quay') headers.set('Range', status === 204 ? `bytes=0-${size}` : `0-${size - 1}`);
    else if (style !== 'none') headers.set('Range', `0-${Math.max(0, size - 1)}`);
    if (minChunkBytes) headers.set('OCI-Chunk-Min-Length', String(minChunkBytes));
    return new Response(null, { status, headers });
  }
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function digestIn(url: URL): string {
  return decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
}

/** A source that breaks off after so many bytes, each time it is opened, as often as there are numbers. */
export function sourceOf(
  bytes: Uint8Array,
  breaks: readonly number[] = [],
): BlobSource & { readonly opened: number[] } {
  const opened: number[] = [];
  return {
    opened,
    openBlob: async (_, offset = 0) => {
      const length = breaks[opened.length];
      opened.push(offset);
      const rest = bytes.subarray(offset);
      return new Response(length === undefined ? bodyOf([rest]) : bodyOf([rest.subarray(0, length)], 'break'));
    },
  };
}
