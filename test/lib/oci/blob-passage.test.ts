import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../src/lib/oci/registry.ts';
import { type Answer, fakeCaller } from '../fake-caller.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

function setUp(answer: Answer, origin = 'https://registry.test') {
  const caller = fakeCaller(answer);
  const repository = createRegistry({ caller, host: 'registry.test', origin, realms: [] }).repository('a/b');
  return { ...repository, caller };
}

const redirectTo = (location: string) => new Response(null, { status: 307, headers: { Location: location } });

describe('passBlob', () => {
  it('tells a redirect that leaves the registry, and does not follow it', async () => {
    const { passBlob, caller } = setUp(() => redirectTo('https://cdn.test/x?signed=1'));
    expect(await passBlob(DIGEST)).toEqual({ kind: 'redirect', location: new URL('https://cdn.test/x?signed=1') });
    expect(caller.calls()).toEqual([`GET /v2/a/b/blobs/${DIGEST}`]);
  });

  it('follows a redirect that stays there', async () => {
    const { passBlob } = setUp(({ path }) =>
      path.startsWith('/v2/') ? redirectTo('/files/x') : new Response(`at ${path}`),
    );
    const passed = await passBlob(DIGEST);
    expect(passed?.kind === 'body' && (await passed.response.text())).toBe('at /files/x');
  });

  it('asks for a range', async () => {
    const { passBlob, caller } = setUp(() => new Response('x', { status: 206 }));
    await passBlob(DIGEST, 'bytes=1-1');
    expect(caller.seen[0]?.headers.get('Range')).toBe('bytes=1-1');
  });

  it('does not know a blob that is not there', async () => {
    expect(await setUp(() => new Response(null, { status: 404 })).passBlob(DIGEST)).toBeUndefined();
  });

  it.each([
    ['a redirect to an insecure place', () => redirectTo('http://cdn.test/x'), 'REDIRECT_INVALID'],
    ['a redirect to nowhere', () => new Response(null, { status: 307 }), 'REDIRECT_INVALID'],
    ['a redirect that leads back', () => redirectTo('/v2/loop'), 'REDIRECT_INVALID'],
    ['a part that nobody asked for', () => new Response('x', { status: 206 }), 'UNEXPECTED_STATUS'],
    ['a closed repository', () => new Response(null, { status: 403 }), 'DENIED'],
  ])('refuses %s', async (_, answer, code) => {
    await expect(setUp(answer).passBlob(DIGEST)).rejects.toMatchObject({ code });
  });

  it('lets a registry on loopback redirect on loopback', async () => {
    const { passBlob } = setUp(() => redirectTo('http://localhost:9/x'), 'http://localhost:5000');
    expect(await passBlob(DIGEST)).toMatchObject({ kind: 'redirect' });
  });
});
