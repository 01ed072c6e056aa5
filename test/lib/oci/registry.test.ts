import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../src/lib/oci/registry.ts';
import type { Repository } from '../../../src/lib/oci/repository.ts';
import { fakeCaller, type Seen } from '../fake-caller.ts';
import { authorizationOf, CHALLENGE, clientOf, grant, ORIGIN, REALM, refuse } from './fake-registry.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const credential = { username: 'robot', password: 'canary' };
const BYTES = new Uint8Array(1);

/** What every call of a repository sends, when the registry answers each with this. */
async function everyCall(answer: (request: Seen) => Response, challenge = CHALLENGE): Promise<readonly Seen[]> {
  const { caller, repository } = clientOf(
    (request) => {
      if (request.url.origin === new URL(REALM).origin) return grant('canary-token', { expires_in: 300 });
      if (request.url.origin !== ORIGIN) return new Response('stored');
      return authorizationOf(request) ? answer(request) : refuse(challenge);
    },
    { credential },
  );
  const source = { openBlob: async () => new Response(new Uint8Array(3)) };
  const calls: ((repository: Repository) => Promise<unknown>)[] = [
    (r) => r.headManifest('v1'),
    (r) => r.pullManifest('v1'),
    (r) => r.pushManifest('v1', { bytes: BYTES, mediaType: 'a/b' }),
    (r) => r.deleteTag('v1'),
    (r) => r.listTags().next(),
    (r) => r.pullTagPage({}),
    (r) => r.hasBlob(DIGEST),
    (r) => r.openBlob(DIGEST),
    (r) => r.passBlob(DIGEST),
    (r) => r.pushBlob(BYTES),
    (r) => r.mountBlob(DIGEST, 'team/other'),
    (r) => r.copyBlob(DIGEST, 3, source, { chunkBytes: 1 }),
    (r) => r.listReferrers(DIGEST),
    (r) => r.hasReferrersApi(DIGEST),
  ];
  for (const run of calls) await run(repository).catch(() => undefined);
  return caller.seen;
}

/** The hosts that saw a credential or a token. */
function trusted(seen: readonly Seen[]): string[] {
  const withSecret = seen.filter(({ headers, url }) => {
    const text = [...headers].join(' ') + url.href;
    return headers.has('Authorization') || text.includes('canary');
  });
  return [...new Set(withSecret.map(({ url }) => url.origin))].sort();
}

describe('createRegistry', () => {
  describe('when the registry points elsewhere', () => {
    const elsewhere = [
      'https://evil.test/x',
      'https://registry.test.evil.test/x',
      'https://registry.test:444/x',
      'http://registry.test/x',
      '//evil.test/x',
    ];
    it.each(elsewhere)('keeps its credentials from a redirect to %s', async (location) => {
      const seen = await everyCall(() => new Response(null, { status: 307, headers: { Location: location } }));
      expect(trusted(seen)).toEqual(['https://auth.test', ORIGIN]);
    });
    it.each(elsewhere)('keeps its credentials from an upload at %s', async (location) => {
      const seen = await everyCall(() => new Response(null, { status: 202, headers: { Location: location } }));
      expect(trusted(seen)).toEqual(['https://auth.test', ORIGIN]);
      expect(seen.every(({ url }) => url.origin === ORIGIN || url.origin === 'https://auth.test')).toBe(true);
    });
    it.each(elsewhere)('keeps its credentials from a next page at %s', async (location) => {
      const seen = await everyCall(() =>
        Response.json(
          { schemaVersion: 2, tags: [], manifests: [] },
          {
            headers: {
              'Content-Type': 'application/vnd.oci.image.index.v1+json',
              Link: `<${location}>; rel="next"`,
            },
          },
        ),
      );
      expect(trusted(seen)).toEqual(['https://auth.test', ORIGIN]);
    });
    it('sends nothing at all to a token service that is not configured', async () => {
      const seen = await everyCall(() => new Response(), 'Bearer realm="https://evil.test/token"');
      expect(seen.map(({ url }) => url.origin)).toEqual(seen.map(() => ORIGIN));
      expect(trusted(seen)).toEqual([]);
    });
  });

  it('sends a password to the token service only', async () => {
    const seen = await everyCall(() => new Response());
    const passwords = seen.filter((request) => authorizationOf(request)?.startsWith('Basic '));
    expect([...new Set(passwords.map(({ url }) => url.href.split('?')[0]))]).toEqual([REALM]);
  });
  it('puts no secret into a URL', async () => {
    const seen = await everyCall(() => new Response());
    expect(seen.some(({ url }) => url.href.includes('canary'))).toBe(false);
  });
  it('leaves layers at other addresses alone', async () => {
    const seen = await everyCall(() =>
      Response.json(
        { schemaVersion: 2, config: {}, layers: [{ urls: ['https://honeypot.test/layer'] }] },
        { headers: { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' } },
      ),
    );
    expect(seen.some(({ url }) => url.host === 'honeypot.test')).toBe(false);
  });
  it.each(['', '..', 'a/../b', 'A', 'a?b', 'a/', 'a%2fb', 'a'.repeat(256)])('has no repository "%s"', (name) => {
    const caller = fakeCaller(() => new Response());
    const registry = createRegistry({ caller, host: 'registry.test', origin: ORIGIN, realms: [] });
    expect(() => registry.repository(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
  it('talks to its origin, whatever the host is called', async () => {
    const { caller, registry } = clientOf(() => new Response(null, { status: 404 }), {
      host: 'docker.io',
      origin: 'https://registry-1.docker.io',
    });
    await registry.repository('library/alpine').headManifest('v1');
    expect(caller.seen[0]?.url.href).toBe('https://registry-1.docker.io/v2/library/alpine/manifests/v1');
  });
});
