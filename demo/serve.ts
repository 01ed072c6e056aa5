import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ConnectionReset, type Handler } from './handler.ts';

export type { Handler } from './handler.ts';

/** A service that answers on loopback. */
export interface Served {
  /** `http://localhost:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

/** Puts a handler on loopback. Bodies are streamed both ways; a {@link ConnectionReset} ends the connection. */
export function serve(handler: Handler, port = 0): Promise<Served> {
  const server = createServer((incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((error: unknown) => breakOff(error, incoming, outgoing));
  });
  // A client's uploads may be longer than Node's patience.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const origin = `http://localhost:${typeof address === 'object' && address ? address.port : port}`;
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ origin, close });
    });
  });
}

async function answer(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = readRequest(incoming);
  const response = await handler(request);
  // A body that nobody wants must be read all the same: a client that is still sending would not see the answer.
  const unwanted = request.bodyUsed ? Promise.resolve() : discard(request.body);
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body !== null) await send(response.body, outgoing);
  outgoing.end();
  await unwanted;
}

async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
}

async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  try {
    for await (const _ of body ?? []);
  } catch {
    // The client has gone.
  }
}

/** Before an answer: a reset. Within one: an end, since a reset could take back what was sent. */
function breakOff(error: unknown, { socket }: IncomingMessage, outgoing: ServerResponse): void {
  const isMeant = error instanceof ConnectionReset || socket.destroyed;
  if (!isMeant) console.error(error);
  if (outgoing.headersSent) {
    outgoing.flushHeaders();
    socket.destroySoon();
  } else if (isMeant) socket.resetAndDestroy();
  else outgoing.writeHead(500, { 'Content-Type': 'text/plain', Connection: 'close' }).end('internal error\n');
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
}

function readRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers, rawHeaders } = incoming;
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody
    ? { body: Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>, duplex: 'half' as const }
    : {};
  return new Request(new URL(url, `http://${headers.host ?? 'localhost'}`), { method, headers: pairs, ...body });
}

export { ConnectionReset };
