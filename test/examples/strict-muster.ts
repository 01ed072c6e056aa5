import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { MergeView } from '../../src/lib/merge/state.ts';
import { summariseMerge, summariseRun } from '../../src/lib/merge/summary.ts';
import { arrivalSchema, finishSchema, mergeSchema, planSchema } from '../../src/routes/parse.ts';
import { rollbackSchema } from '../../src/routes/rollback.ts';
import { signaturesSchema } from '../../src/routes/signatures.ts';

/** An answer that stands in a queue; `drop` breaks the connection instead. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  readonly drop?: boolean;
}

/** A call that was let in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly accept: string;
  readonly body: unknown;
  readonly lent: boolean;
}

/** GitHub's token service and Muster, on loopback. */
export interface StrictMuster {
  readonly url: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_…`, as a job with `id-token: write` has them. */
  readonly identity: Readonly<Record<string, string>>;
  readonly received: readonly Received[];
  /** What was wrong with calls that were refused. */
  readonly refused: readonly string[];
  /** Every token that was given out. */
  readonly tokens: readonly string[];
  /** The next answers, in order; after them each call is published. */
  reply(...replies: readonly Reply[]): void;
  close(): Promise<void>;
}

const SCHEMAS: readonly [RegExp, z.ZodType][] = [
  [/^POST \/v1\/arrivals$/, arrivalSchema],
  [/^POST \/v1\/merges$/, mergeSchema],
  [/^POST \/v1\/runs\/[a-z0-9-]+\/4242\/finish$/, finishSchema],
  [/^PUT \/v1\/runs\/[a-z0-9-]+\/4242\/plan$/, planSchema],
  [/^POST \/v1\/signatures$/, signaturesSchema],
  [/^POST \/v1\/tags\/rollback$/, rollbackSchema],
  [/^POST \/v1\/runs\/[a-z0-9-]+\/\d+\/cancel$/, z.strictObject({})],
];

/** @param options `reuse`: a token may come twice, as it does from curl's own retries */
export async function startStrictMuster(options: { readonly reuse?: boolean } = {}): Promise<StrictMuster> {
  const requestToken = randomBytes(16).toString('hex');
  const audiences = new Map<string, string>();
  const used = new Set<string>();
  const received: Received[] = [];
  const refused: string[] = [];
  const queue: Reply[] = [];

  const giveToken = (request: IncomingMessage, url: URL, response: ServerResponse) => {
    const audience = url.searchParams.get('audience');
    if (request.headers.authorization !== `Bearer ${requestToken}` || !audience)
      return answer(response, { status: 401 });
    const token = ['header', 'payload', 'signature'].map(() => randomBytes(24).toString('base64url')).join('.');
    audiences.set(token, audience);
    answer(response, { status: 200, body: { value: token } });
  };

  const whatIsWrong = (request: IncomingMessage, path: string, text: string): string | undefined => {
    const bearer = /^Bearer ([^ ]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const lent = request.headers['sigstore-token'];
    if (audiences.get(bearer) !== server.origin) return 'Authorization';
    if (lent !== undefined && audiences.get(String(lent)) !== 'sigstore') return 'Sigstore-Token';
    for (const token of [bearer, ...(lent === undefined ? [] : [String(lent)])]) {
      if (used.has(token) && !options.reuse) return 'a token that was used before';
      used.add(token);
    }
    if (request.headers['content-type'] !== 'application/json') return 'Content-Type';
    const known = SCHEMAS.find(([pattern]) => pattern.test(`${request.method} ${path}`));
    if (!known) return `${request.method} ${path}`;
    const parsed = known[1].safeParse(JSON.parse(text));
    return parsed.error?.message;
  };

  const serveMuster = (request: IncomingMessage, url: URL, text: string, response: ServerResponse) => {
    const wrong = whatIsWrong(request, url.pathname, text);
    if (wrong !== undefined) {
      refused.push(wrong);
      return answer(
        response,
        problem(wrong.startsWith('a token') || wrong.includes('Token') ? 401 : 400, 'REFUSED', wrong),
      );
    }
    const { accept = '', 'sigstore-token': lent } = request.headers;
    const body: unknown = JSON.parse(text);
    received.push({ method: request.method ?? '', path: url.pathname, accept, body, lent: lent !== undefined });
    const next = queue.shift();
    if (next?.drop) return request.socket.destroy();
    const reply = next ?? { status: 200, body: publishedBy(url.pathname, body) };
    return answer(response, accept.includes('text/markdown') ? inMarkdown(url.pathname, reply) : reply);
  };

  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? '/', server.origin);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (url.pathname === '/token') giveToken(request, url, response);
    else serveMuster(request, url, text, response);
  });
  return {
    url: server.origin,
    identity: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    received,
    refused,
    get tokens() {
      return [...audiences.keys(), requestToken];
    },
    reply: (...replies) => queue.push(...replies),
    close: server.close,
  };
}

/** What Muster answers where all goes well. */
function publishedBy(path: string, body: unknown): object {
  const { tag_suffix, tag_suffixes = [] } = body as { tag_suffix?: string; tag_suffixes?: readonly string[] };
  if (!path.endsWith('/finish')) return { state: 'published', tag_suffix };
  const merges = tag_suffixes.map((suffix) => ({ tag_suffix: suffix, state: 'published' }));
  return { state: 'published', project: 'localai', run_id: '4242', merges };
}

/** The states that Muster answers as Markdown, where that is asked for; it never is a refusal. */
function inMarkdown(path: string, reply: Reply): Reply {
  const { status, body, headers = {} } = reply;
  const isState = typeof body === 'object' && headers['Content-Type'] === undefined;
  const summary = { status, headers: { ...headers, 'Content-Type': 'text/markdown; charset=utf-8' } };
  if (isState && path.endsWith('/finish'))
    return { ...summary, body: summariseRun(body as Parameters<typeof summariseRun>[0]) };
  if (isState && path === '/v1/arrivals')
    return { ...summary, body: summariseMerge({ targets: [], arrivals: [], ...body } as unknown as MergeView) };
  return reply;
}

/** A refusal as Muster writes it. */
export function problem(status: number, code: string, detail: string, headers: Reply['headers'] = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: { status, code, detail },
  };
}

function answer(response: ServerResponse, { status, headers = {}, body = '' }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function listen(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
