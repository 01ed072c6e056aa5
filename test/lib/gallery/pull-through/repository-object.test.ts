import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeRepository } from '../fake-repository.ts';
import { addLayered } from './setup.ts';

// A target of the worked example.
const NAME = 'quay.io/go-skynet/local-ai-backends';

/** Answers like a registry that holds one repository. */
function serve(fake: FakeRepository) {
  return async (input: RequestInfo | URL): Promise<Response> => {
    const url = new URL(String(input));
    const [, kind = '', reference = ''] = /\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (!url.pathname.startsWith(`/v2/${NAME.slice('quay.io/'.length)}/`)) return new Response(null, { status: 404 });
    if (kind === 'referrers') {
      const list = { schemaVersion: 2, manifests: fake.referrers.get(reference as `sha256:${string}`) ?? [] };
      return Response.json(list, { headers: { 'Content-Type': 'application/vnd.oci.image.index.v1+json' } });
    }
    const manifest = fake.manifests.get(fake.tags.get(reference) ?? reference);
    if (kind !== 'manifests' || !manifest) return new Response(null, { status: 404 });
    const headers = { 'Content-Type': manifest.mediaType, 'Docker-Content-Digest': manifest.digest };
    return new Response(manifest.bytes, { headers });
  };
}

describe('RepositoryObject', () => {
  const fake = new FakeRepository();
  beforeEach(() => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(serve(fake));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('refuses what the configured policy refuses', async () => {
    const { image } = await addLayered(fake, 'amd64');
    fake.tags.set('v1', image.digest);
    expect(await env.REPOSITORIES.getByName(NAME).admit(NAME, 'v1')).toEqual({
      ok: true,
      value: {
        admitted: false,
        digest: image.digest,
        flaw: { code: 'SIGNATURE_MISSING', detail: 'no Sigstore bundle is attached' },
      },
    });
  });

  it('does not know a repository that is no target', async () => {
    const stub = env.REPOSITORIES.getByName('quay.io/a/b');
    expect(await stub.admit('quay.io/a/b', 'v1')).toMatchObject({ ok: false, code: 'NAME_UNKNOWN' });
  });

  it('hands an error of the registry on as a value', async () => {
    vi.mocked(globalThis.fetch).mockImplementation(async () => new Response(null, { status: 403 }));
    const stub = env.REPOSITORIES.getByName(NAME);
    expect(await stub.admit(NAME, 'v2')).toMatchObject({ ok: false, code: 'DENIED' });
  });

  it('still knows after an eviction what it found', async () => {
    const { image } = await addLayered(fake, 'arm64');
    const stub = env.REPOSITORIES.getByName(NAME);
    await stub.admit(NAME, image.digest);
    await evictDurableObject(stub);
    const calls = vi.mocked(globalThis.fetch).mock.calls.length;
    expect(await stub.admit(NAME, image.digest)).toMatchObject({ ok: true, value: { admitted: false } });
    expect(vi.mocked(globalThis.fetch).mock.calls).toHaveLength(calls);
  });
});
