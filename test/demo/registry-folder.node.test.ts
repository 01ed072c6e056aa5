import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDemoRegistry } from '../../demo/registry/registry.ts';
import { serve } from '../../demo/serve.ts';
import { digestOf, IMAGE, image, openRegistry } from './registry-setup.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(`${tmpdir()}/muster-registry-test-`);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const restart = () => {
  const registry = createDemoRegistry({ dataDir });
  return (method: string, path: string, init: RequestInit = {}) =>
    registry.fetch(new Request(`http://registry.test/v2/a/b/${path}`, { method, ...init }));
};

describe('a registry in a folder', () => {
  it('finds a tag again after a restart', async () => {
    const { push } = await openRegistry({ dataDir });
    await push('v1', image());
    const response = await restart()('GET', 'manifests/v1');
    expect([response.headers.get('Content-Type'), await response.text()]).toEqual([IMAGE, image().text]);
  });
  it('has forgotten what was deleted', async () => {
    const { push, call } = await openRegistry({ dataDir });
    await push('v1', image());
    await call('DELETE', 'manifests/v1');
    expect((await restart()('GET', 'manifests/v1')).status).toBe(404);
  });
  it('goes on with an upload after a restart', async () => {
    const { call } = await openRegistry({ dataDir });
    const location = (await call('POST', 'blobs/uploads/')).headers.get('Location') ?? '';
    const path = location.replace('/v2/a/b/', '');
    await call('PATCH', path, { body: 'abc' });
    const again = restart();
    await again('PATCH', path, { body: 'def', headers: { 'Content-Range': '3-5' } });
    const done = await again('PUT', `${path}?digest=${digestOf('abcdef')}`, { headers: { 'Content-Length': '0' } });
    expect(done.status).toBe(201);
  });
  it('answers a range of a blob', async () => {
    const { call } = await openRegistry({ dataDir });
    await call('POST', `blobs/uploads/?digest=${digestOf('abcdef')}`, { body: 'abcdef' });
    const response = await call('GET', `blobs/${digestOf('abcdef')}`, { headers: { Range: 'bytes=2-3' } });
    expect(await response.text()).toBe('cd');
  });
  it('keeps no bytes of another digest', async () => {
    const { call } = await openRegistry({ dataDir });
    await call('POST', `blobs/uploads/?digest=${digestOf('a')}`, { body: 'b' });
    expect((await restart()('HEAD', `blobs/${digestOf('a')}`)).status).toBe(404);
  });
});

describe('an upload whose connection breaks', () => {
  it('keeps what had come, and goes on from there', async () => {
    const registry = createDemoRegistry({ dataDir });
    const { origin, close } = await serve(registry.fetch);
    const bytes = randomBytes(3 * 1024 * 1024);
    const part = 2 * 1024 * 1024;
    const begun = await fetch(`${origin}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    const url = new URL(begun.headers.get('Location') ?? '', origin);
    const broken = send(url.href, { method: 'PATCH', headers: { 'Content-Length': bytes.byteLength } });
    broken.on('error', () => undefined);
    broken.write(bytes.subarray(0, part));
    const file = `${dataDir}/uploads/${url.pathname.split('/').at(-1)}`;
    await vi.waitFor(() => expect(statSync(file).size).toBe(part));
    broken.destroy();
    expect((await fetch(url)).headers.get('Range')).toBe(`0-${part - 1}`);
    const headers = { 'Content-Range': `${part}-${bytes.byteLength - 1}` };
    await fetch(url, { method: 'PATCH', headers, body: bytes.subarray(part) });
    const done = await fetch(`${url}?digest=${digestOf(bytes)}`, { method: 'PUT' });
    expect(done.status).toBe(201);
    await close();
  });
});
