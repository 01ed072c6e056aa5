import { readFileSync } from 'node:fs';
import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RekorMajor, Stack } from './stack.ts';

/** A reverse proxy on loopback that counts the requests it passes on. */
export interface CountingProxy {
  readonly url: string;
  readonly host: string;
  /** The requests since the last `reset`: `POST /api/v2/signingCert`. Query strings are left out. */
  readonly requests: readonly string[];
  /** Has the next request that matches, as `requests` has it, wait for something; once. */
  before(request: RegExp, work: () => Promise<void>): void;
  /** Bytes of bodies since the last `reset`, both ways. */
  readonly bytes: number;
  reset(): void;
  close(): void;
}

/** Proxies in front of everything that Muster calls, and the signing config that names them. */
export interface CountedStack {
  readonly signingConfig: unknown;
  /** `host:port` of each registry's proxy, in the stack's order. */
  readonly registries: readonly string[];
  /** Has the next request to the second registry that matches wait for something; once. */
  beforeTagRegistry(request: RegExp, work: () => Promise<void>): void;
  reset(): void;
  /** Lets every call wait for so many milliseconds before it is passed on. */
  setLatency(ms: number): void;
  /** Bytes of bodies since the last `reset`, both ways. */
  bytes(): number;
  counts(): {
    readonly certificates: number;
    readonly timestamps: number;
    readonly entries: number;
    readonly registry: number;
  };
  close(): void;
}

/** Puts counting proxies in front of a stack. */
export async function countStack(stack: Stack, major: RekorMajor): Promise<CountedStack> {
  const latency = { ms: 0 };
  const fulcio = await startProxy(stack.fulcio, latency);
  const timestamp = await startProxy(new URL(stack.timestamp).origin, latency);
  const rekor = await startProxy(stack.rekor(major).url, latency);
  const registries = await Promise.all(stack.registries.map((host) => startProxy(`http://${host}`, latency)));
  const all = [fulcio, timestamp, rekor, ...registries];
  const posts = ({ requests }: CountingProxy) => requests.filter((line) => line.startsWith('POST ')).length;
  // A signing config holds URLs and validity only: the services' keys are in the trusted root, which stays as it is.
  const config = [fulcio, timestamp, rekor].reduce(
    (json, proxy, at) => json.replaceAll(origins(stack, major)[at] ?? '', proxy.url),
    readFileSync(stack.rekor(major).signingConfig, 'utf8'),
  );
  return {
    signingConfig: JSON.parse(config),
    registries: registries.map(({ host }) => host),
    beforeTagRegistry: (request, work) => registries[1]?.before(request, work),
    reset: () => all.forEach((proxy) => void proxy.reset()),
    setLatency: (ms) => {
      latency.ms = ms;
    },
    bytes: () => all.reduce((sum, { bytes }) => sum + bytes, 0),
    counts: () => ({
      certificates: posts(fulcio),
      timestamps: posts(timestamp),
      entries: posts(rekor),
      registry: registries.reduce((sum, { requests }) => sum + requests.length, 0),
    }),
    close: () => all.forEach((proxy) => void proxy.close()),
  };
}

function origins(stack: Stack, major: RekorMajor): string[] {
  return [stack.fulcio, new URL(stack.timestamp).origin, stack.rekor(major).url];
}

async function startProxy(target: string, latency: { readonly ms: number }): Promise<CountingProxy> {
  const requests: string[] = [];
  const traffic = { bytes: 0 };
  const agent = new Agent({ keepAlive: true });
  let hook: { readonly request: RegExp; readonly work: () => Promise<void> } | undefined;
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url?.split('?')[0]}`;
    requests.push(line);
    const due = hook?.request.test(line) ? hook : undefined;
    if (due) hook = undefined;
    await due?.work();
    setTimeout(() => passOn({ target, agent, traffic }, request, response), latency.ms);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    before: (request, work) => {
      hook = { request, work };
    },
    get bytes() {
      return traffic.bytes;
    },
    reset: () => {
      requests.length = 0;
      traffic.bytes = 0;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

interface Passage {
  readonly target: string;
  readonly agent: Agent;
  readonly traffic: { bytes: number };
}

/** Passes the Host header on as it is: a registry then answers with Locations that lead back through the proxy. */
function passOn({ target, agent, traffic }: Passage, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const count = (part: Buffer) => {
    traffic.bytes += part.byteLength;
  };
  const upstream = forward(target + request.url, { agent, headers, ...(method ? { method } : {}) }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('data', count);
    answer.pipe(response);
  });
  // A peer that is down is down behind its proxy, too.
  upstream.on('error', () => response.destroy());
  request.on('data', count);
  request.pipe(upstream);
}
