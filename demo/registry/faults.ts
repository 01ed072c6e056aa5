import { ConnectionReset, type Handler } from '../handler.ts';

/**
 * What goes wrong. `-after`: the registry has done what it was asked, but its answer is lost. `truncate`: the body ends
 * before its announced length. `overlong`: it has more bytes than its digest's, and no length is announced; `overrun`:
 * more than the announced length.
 */
export type FaultKind =
  | 'reset-before'
  | 'reset-after'
  | 'timeout'
  | 'timeout-after'
  | 'status'
  | 'truncate'
  | 'overlong'
  | 'overrun';

export interface Fault {
  readonly kind: FaultKind;
  match(request: Request): boolean;
  /** Default: once. */
  readonly times?: number;
  /** Of `status`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Faults on request: the first one that matches, and has not yet happened often enough. */
export class Faults {
  readonly #faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** How many are still to come. */
  get pending(): number {
    return this.#faults.reduce((sum, { left }) => sum + left, 0);
  }

  /** A handler that fails as it was asked to. */
  wrap(handler: Handler): Handler {
    return async (request) => {
      const found = this.#faults.find(({ fault, left }) => left > 0 && fault.match(request));
      if (!found) return handler(request);
      found.left -= 1;
      return fail(found.fault, request, handler);
    };
  }
}

async function fail(fault: Fault, request: Request, handler: Handler): Promise<Response> {
  switch (fault.kind) {
    case 'reset-before':
      throw new ConnectionReset();
    case 'reset-after':
      await handler(request);
      throw new ConnectionReset();
    case 'timeout':
      return new Promise(() => undefined);
    case 'timeout-after':
      await handler(request);
      return new Promise(() => undefined);
    case 'status':
      // Not cancelled: that would end the connection, and with it the answer.
      await request.body?.pipeTo(new WritableStream());
      return new Response(fault.body ?? null, { status: fault.status ?? 500, headers: { ...fault.headers } });
    case 'truncate':
      return cutOff(await handler(request));
    case 'overlong':
    case 'overrun':
      return prolong(await handler(request), fault.kind === 'overrun');
  }
}

/** Half of the body, though its whole length was announced; where there can be no body, no answer. */
async function cutOff(response: Response): Promise<Response> {
  if (response.status === 204) throw new ConnectionReset();
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('Content-Length', String(Math.max(1, bytes.byteLength)));
  const half = bytes.slice(0, Math.floor(bytes.byteLength / 2));
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent) return controller.error(new ConnectionReset());
      sent = true;
      if (half.byteLength > 0) controller.enqueue(half);
      else controller.error(new ConnectionReset());
    },
  });
  return new Response(body, { status: response.status, headers });
}

/** More bytes than the right answer has, where there can be any. */
async function prolong(response: Response, isAnnounced: boolean): Promise<Response> {
  if (response.status === 204) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  if (isAnnounced) headers.set('Content-Length', String(bytes.byteLength));
  else headers.delete('Content-Length');
  return new Response(new Blob([bytes, 'and more'.repeat(64)]), { status: response.status, headers });
}
