import { Agent, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FaultKind } from '../../demo/registry/faults.ts';
import { createDemoRegistry, type DemoRegistry } from '../../demo/registry/registry.ts';
import { type Served, serve } from '../../demo/serve.ts';
import { CONFIG, digestOf } from './registry-setup.ts';

let registry: DemoRegistry;
let served: Served;
beforeEach(async () => {
  registry = createDemoRegistry();
  served = await serve(registry.fetch);
});
afterEach(() => served.close());

const BLOB = `blobs/${digestOf(CONFIG)}`;
const call = (path: string, init: RequestInit = {}) => fetch(`${served.origin}/v2/a/b/${path}`, init);
const pushBlob = () => call(`blobs/uploads/?digest=${digestOf(CONFIG)}`, { method: 'POST', body: CONFIG });
const fail = (kind: FaultKind, rest: { times?: number; status?: number; body?: string } = {}) =>
  registry.faults.add({ kind, match: () => true, ...rest });
const causeOf = (error: unknown) => ((error as Error).cause as { code?: string } | undefined)?.code;

describe('a fault over the network', () => {
  it('resets the connection before anything is done', async () => {
    fail('reset-before');
    expect(causeOf(await pushBlob().catch((error: unknown) => error))).toBe('ECONNRESET');
    expect(registry.store.hasBlob('a/b', digestOf(CONFIG))).toBe(false);
  });
  it('resets the connection after all is done', async () => {
    fail('reset-after');
    expect(causeOf(await pushBlob().catch((error: unknown) => error))).toBe('ECONNRESET');
    expect(registry.store.hasBlob('a/b', digestOf(CONFIG))).toBe(true);
  });
  it.each([
    ['timeout', false],
    ['timeout-after', true],
  ] as const)('leaves the caller of %s without an answer', async (kind, isDone) => {
    fail(kind);
    const init = { method: 'POST', body: CONFIG, signal: AbortSignal.timeout(200) };
    await expect(call(`blobs/uploads/?digest=${digestOf(CONFIG)}`, init)).rejects.toThrow(/timeout/);
    expect(registry.store.hasBlob('a/b', digestOf(CONFIG))).toBe(isDone);
  });
  it('records a call that never ends', async () => {
    fail('timeout');
    await call('tags/list', { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    expect(registry.calls).toEqual([{ method: 'GET', path: '/v2/a/b/tags/list', status: 0 }]);
  });
  it('answers HTML where a gateway is down', async () => {
    registry.faults.add({
      kind: 'status',
      status: 502,
      headers: { 'Content-Type': 'text/html' },
      body: '<h1>Bad Gateway</h1>',
      match: ({ url }) => url.includes('/tags/'),
    });
    const response = await call('tags/list');
    expect([response.status, response.headers.get('Content-Type'), await response.text()]).toEqual([
      502,
      'text/html',
      '<h1>Bad Gateway</h1>',
    ]);
  });
  it('happens as often as it was asked to', async () => {
    fail('status', { status: 503, times: 2 });
    const statuses = [await pushBlob(), await pushBlob(), await pushBlob()].map(({ status }) => status);
    expect([statuses, registry.faults.pending]).toEqual([[503, 503, 201], 0]);
  });

  describe('in a body', () => {
    beforeEach(pushBlob);
    it('ends it before its length', async () => {
      fail('truncate');
      const response = await call(BLOB);
      expect([response.status, response.headers.get('Content-Length')]).toEqual([200, String(CONFIG.length)]);
      await expect(response.text()).rejects.toThrow(/terminated/);
    });
    it('ends after the head where there should be nothing else', async () => {
      fail('truncate');
      const response = await call('blobs/uploads/', { method: 'POST' });
      expect(response.status).toBe(202);
      await expect(response.text()).rejects.toThrow(/terminated/);
    });
    it('goes on beyond its digest, where no length is announced', async () => {
      fail('overlong');
      const response = await call(BLOB);
      expect([response.headers.has('Content-Length'), (await response.text()).startsWith(`${CONFIG}and`)]).toEqual([
        false,
        true,
      ]);
    });
    it('goes on beyond its announced length', async () => {
      fail('overrun');
      const response = await call(BLOB);
      expect(response.headers.get('Content-Length')).toBe(String(CONFIG.length));
      expect(await response.text().catch(() => CONFIG)).toBe(CONFIG);
    });
  });
});

describe('an early answer over the network', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  afterEach(() => agent.destroy());
  /** Answers when all of the body is sent, so that a connection which is not read any more hangs. */
  const put = (method: string, path: string, size: number) =>
    new Promise<[number | undefined, number | undefined]>((resolve, reject) => {
      const outgoing = request(`${served.origin}/v2/a/b/${path}`, {
        method,
        agent,
        headers: { 'Content-Length': size },
      });
      outgoing.on('error', reject).on('response', (answer) => {
        const port = answer.socket.localPort;
        answer.resume().on('end', () => {
          const done = () => resolve([answer.statusCode, port]);
          if (outgoing.writableFinished) done();
          else outgoing.on('finish', done);
        });
      });
      outgoing.end(Buffer.alloc(size));
    });

  it.each([
    ['a manifest of more than 4 MiB', 'PUT', 'manifests/v1', 413],
    ['an upload to nowhere', 'PATCH', 'blobs/uploads/nowhere', 404],
    ['a fault', 'POST', 'blobs/uploads/', 500],
  ] as const)('leaves the connection as it should be after %s', async (what, method, path, status) => {
    if (what === 'a fault') fail('status', { status: 500 });
    const [refused, port] = await put(method, path, 64 * 1024 * 1024);
    expect(refused).toBe(status);
    expect(await put('POST', 'blobs/uploads/', 0)).toEqual([202, port]);
  });
});

describe('serve', () => {
  it('answers 500 where the handler throws, and logs why', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const broken = await serve(() => Promise.reject(new Error('a bug')));
    expect((await fetch(broken.origin)).status).toBe(500);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
    await broken.close();
  });
});
