import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDemoRegistry, type DemoRegistryOptions } from '../../demo/registry/registry.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const digestOf = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const config = '{"os":"linux","architecture":"amd64"}';

function open(options: DemoRegistryOptions = {}) {
  const registry = createDemoRegistry(options);
  const call = (method: string, path: string, init: RequestInit = {}) =>
    registry.fetch(new Request(`http://registry.test/v2/a/b/${path}`, { method, ...init }));
  const pushBlob = (bytes: string) => call('POST', `blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes });
  const pushManifest = (reference: string, manifest: object, type = IMAGE) =>
    call('PUT', `manifests/${reference}`, { body: JSON.stringify(manifest), headers: { 'Content-Type': type } });
  return { registry, call, pushBlob, pushManifest };
}

function image(changes: object = {}) {
  const descriptor = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  };
  return { schemaVersion: 2, mediaType: IMAGE, config: descriptor, layers: [], ...changes };
}

async function withImage(options: DemoRegistryOptions = {}) {
  const opened = open(options);
  await opened.pushBlob(config);
  await opened.pushManifest('v1', image());
  return { ...opened, digest: digestOf(JSON.stringify(image())) };
}

const codeOf = async (response: Response) =>
  ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code;

describe('createDemoRegistry', () => {
  it('refuses a manifest whose blob is not there', async () => {
    const response = await open().pushManifest('v1', image());
    expect([response.status, await codeOf(response)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });
  it('refuses an index whose child is not there', async () => {
    const child = { mediaType: IMAGE, digest: digestOf('x'), size: 1 };
    const response = await open().pushManifest('v1', { schemaVersion: 2, mediaType: INDEX, manifests: [child] }, INDEX);
    expect(await codeOf(response)).toBe('MANIFEST_BLOB_UNKNOWN');
  });
  it('refuses bytes that are not of the digest they are pushed under', async () => {
    const { call } = open();
    const response = await call('POST', `blobs/uploads/?digest=${digestOf('a')}`, { body: 'b' });
    expect(await codeOf(response)).toBe('DIGEST_INVALID');
  });
  it('refuses a manifest that is not what its type says', async () => {
    const response = await open().pushManifest('v1', image({ mediaType: INDEX }));
    expect(await codeOf(response)).toBe('MANIFEST_INVALID');
  });
  it('tells the digest of what a tag names', async () => {
    const { call, digest } = await withImage();
    const response = await call('HEAD', 'manifests/v1');
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
  });
  it('lists tags by pages', async () => {
    const { call, pushManifest } = await withImage();
    await pushManifest('v2', image());
    const first = await call('GET', 'tags/list?n=1');
    expect(await first.json()).toEqual({ name: 'a/b', tags: ['v1'] });
    expect(first.headers.get('Link')).toBe('</v2/a/b/tags/list?n=1&last=v1>; rel="next"');
  });

  describe('when a tag is deleted', () => {
    it('keeps the manifest', async () => {
      const { call, digest } = await withImage();
      await call('DELETE', 'manifests/v1');
      expect((await call('HEAD', `manifests/${digest}`)).status).toBe(200);
    });
  });
  describe('when a digest is deleted', () => {
    it('takes its tags along', async () => {
      const { call, digest } = await withImage();
      await call('DELETE', `manifests/${digest}`);
      expect((await call('HEAD', 'manifests/v1')).status).toBe(404);
    });
  });

  describe('when a blob comes in chunks', () => {
    async function begin() {
      const { call } = open();
      const location = (await call('POST', 'blobs/uploads/')).headers.get('Location') ?? '';
      const path = location.replace('/v2/a/b/', '');
      const patch = (range: string, body: string) => call('PATCH', path, { body, headers: { 'Content-Range': range } });
      return { call, path, patch };
    }
    it('puts them together', async () => {
      const { call, path, patch } = await begin();
      await patch('0-2', 'abc');
      await patch('3-5', 'def');
      const done = await call('PUT', `${path}?digest=${digestOf('abcdef')}`, { headers: { 'Content-Length': '0' } });
      expect(done.status).toBe(201);
    });
    it('refuses one that leaves a hole, and says where to go on', async () => {
      const { patch } = await begin();
      await patch('0-2', 'abc');
      const response = await patch('4-5', 'ef');
      expect([response.status, response.headers.get('Range')]).toEqual([416, '0-2']);
    });
  });

  describe('when it mounts', () => {
    const path = `blobs/uploads/?mount=${digestOf(config)}&from=c/d`;
    const push = async (options: DemoRegistryOptions) => {
      const { registry, call } = open(options);
      const url = `http://registry.test/v2/c/d/blobs/uploads/?digest=${digestOf(config)}`;
      await registry.fetch(new Request(url, { method: 'POST', body: config }));
      return call('POST', path);
    };
    it('takes a blob over from another repository', async () => {
      expect((await push({})).status).toBe(201);
    });
    it('begins an upload where it cannot', async () => {
      expect((await push({ mounts: false })).status).toBe(202);
    });
  });

  describe('when a manifest has a subject', () => {
    const subject = { mediaType: IMAGE, digest: digestOf('subject'), size: 7 };
    it('lists it with its artifact type', async () => {
      const { call, pushManifest } = await withImage();
      const pushed = await pushManifest('sig', image({ artifactType: 'a/b', subject }));
      expect(pushed.headers.get('OCI-Subject')).toBe(subject.digest);
      const list = (await (await call('GET', `referrers/${subject.digest}`)).json()) as { manifests: unknown[] };
      expect(list.manifests).toEqual([expect.objectContaining({ artifactType: 'a/b' })]);
    });
    it('knows of no list without the API', async () => {
      const { call } = await withImage({ referrersApi: false });
      expect((await call('GET', `referrers/${subject.digest}`)).status).toBe(404);
    });
  });
});

describe('when it wants tokens', () => {
  const auth = { username: 'ci', password: 'secret', origin: 'http://registry.test' };
  const basic = { Authorization: `Basic ${btoa('ci:secret')}` };
  const issue = async (registry: ReturnType<typeof open>['registry'], scope: string, headers: HeadersInit = basic) =>
    registry.fetch(new Request(`http://registry.test/token?service=registry.test&scope=${scope}`, { headers }));

  it('challenges with the scope that is needed', async () => {
    const response = await open({ auth }).call('POST', 'blobs/uploads/');
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="http://registry.test/token",service="registry.test",scope="repository:a/b:pull,push"',
    );
  });
  it('gives no token for a wrong password', async () => {
    const { registry } = open({ auth });
    expect((await issue(registry, 'repository:a/b:pull', { Authorization: `Basic ${btoa('ci:guess')}` })).status).toBe(
      401,
    );
  });
  it('lets a token do what it is for, and no more', async () => {
    const { registry, call } = open({ auth });
    const { token } = (await (await issue(registry, 'repository:a/b:pull')).json()) as { token: string };
    const headers = { Authorization: `Bearer ${token}` };
    expect((await call('GET', 'manifests/v1', { headers })).status).toBe(404);
    expect((await call('POST', 'blobs/uploads/', { headers })).status).toBe(401);
  });
  it('refuses a token that has ended', async () => {
    const clock = { now: 0 };
    const { registry, call } = open({ auth, now: () => clock.now });
    const { token } = (await (await issue(registry, 'repository:a/b:pull')).json()) as { token: string };
    clock.now = 301_000;
    expect((await call('GET', 'manifests/v1', { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401);
  });
});

describe('when it is to fail', () => {
  it('fails once, then works', async () => {
    const { registry, call } = await withImage();
    registry.faults.add({ kind: 'status', status: 429, headers: { 'Retry-After': '1' }, match: () => true });
    expect([(await call('GET', 'manifests/v1')).status, (await call('GET', 'manifests/v1')).status]).toEqual([
      429, 200,
    ]);
  });
  it('does the work, and loses the answer', async () => {
    const { registry, pushBlob } = open();
    registry.faults.add({ kind: 'reset-after', match: () => true });
    await expect(pushBlob(config)).rejects.toThrow();
    expect(registry.store.hasBlob('a/b', digestOf(config))).toBe(true);
  });
  it('breaks a body off', async () => {
    const { registry, call } = await withImage();
    registry.faults.add({ kind: 'truncate', match: () => true });
    await expect((await call('GET', 'manifests/v1')).text()).rejects.toThrow();
  });
  it('tells observers of each write', async () => {
    const { registry, pushBlob } = open();
    const writes: unknown[] = [];
    registry.onWrite((write) => writes.push(write));
    await pushBlob(config);
    expect(writes).toEqual([{ kind: 'blob', name: 'a/b', digest: digestOf(config) }]);
  });
});
