import { describe, expect, it } from 'vitest';
import { createDemoRegistry } from '../../../demo/registry/registry.ts';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { clientOf } from './fake-registry.ts';

const blob = (text: string) => new TextEncoder().encode(text);

/** A registry that takes no blob in one request, as Distribution is. */
async function setUp() {
  const { fetch, store } = createDemoRegistry({ singlePost: false });
  const lost = { uploads: false };
  const { repository, caller } = clientOf(({ url, method, headers, bytes }) => {
    if (lost.uploads && method === 'PUT') {
      lost.uploads = false;
      return new Response('{}', { status: 404 });
    }
    return fetch(
      new Request(url, { method, headers, ...(method === 'PUT' || method === 'POST' ? { body: bytes } : {}) }),
    );
  });
  const calls = () => caller.seen.map(({ method }) => method);
  await repository.prepareUpload();
  const before = calls().length;
  await repository.pushBlob(blob('first'));
  const has = async (text: string) => store.hasBlob('team/app', await sha256(blob(text)));
  return { lost, has, repository, calls, before };
}

describe('prepareUpload', () => {
  it('asks nothing of a registry that may take a blob in one request', async () => {
    expect((await setUp()).before).toBe(0);
  });
  it('saves the next blob a round trip', async () => {
    const { has, repository, calls } = await setUp();
    await repository.prepareUpload();
    const prepared = calls().length;
    await repository.pushBlob(blob('second'));
    expect(calls().slice(prepared)).toEqual(['PUT']);
    expect(await has('second')).toBe(true);
  });
  it('serves one blob only', async () => {
    const { repository, calls } = await setUp();
    await repository.prepareUpload();
    await repository.pushBlob(blob('second'));
    const pushed = calls().length;
    await repository.pushBlob(blob('third'));
    expect(calls().slice(pushed)).toEqual(['POST', 'PUT']);
  });
  it('does no harm where the registry has forgotten it', async () => {
    const { lost, has, repository } = await setUp();
    await repository.prepareUpload();
    lost.uploads = true;
    await repository.pushBlob(blob('second'));
    expect(await has('second')).toBe(true);
  });
});

describe('keepBlob', () => {
  it('pushes what many manifests name once', async () => {
    const { repository, calls } = await setUp();
    await repository.keepBlob(blob('{}'));
    const pushed = calls().length;
    await repository.keepBlob(blob('{}'));
    expect(calls()).toHaveLength(pushed);
  });
  it('pushes it again once there is doubt', async () => {
    const { calls, repository } = await setUp();
    await repository.keepBlob(blob('{}'));
    const pushed = calls().length;
    repository.forgetBlobs();
    await repository.keepBlob(blob('{}'));
    expect(calls().length).toBeGreaterThan(pushed);
  });
});
