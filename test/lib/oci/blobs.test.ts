import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { type Answer, bodyOf } from '../fake-caller.ts';
import { authorizationOf, CHALLENGE, clientOf, grant, REALM, refuse, routes } from './fake-registry.ts';

const bytes = new TextEncoder().encode('hello');
const digest = await sha256(bytes);
const PATH = `/v2/team/app/blobs/${digest}`;
const UPLOADS = '/v2/team/app/blobs/uploads/';
const status = (code: number, headers: Record<string, string> = {}) => new Response(null, { status: code, headers });
const text = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());

describe('hasBlob', () => {
  it.each([
    [200, true],
    [307, true],
    [404, false],
  ])('takes %i for %s', async (code, expected) =>
    expect(await clientOf(() => status(code)).repository.hasBlob(digest)).toBe(expected),
  );
  it('does not take a refusal for absence', async () =>
    expect(clientOf(() => status(403)).repository.hasBlob(digest)).rejects.toMatchObject({ code: 'DENIED' }));
});

describe('openBlob', () => {
  it('asks for the rest from an offset', async () => {
    const { caller, repository } = clientOf(
      () => new Response('llo', { status: 206, headers: { 'Content-Range': 'bytes 2-4/5' } }),
    );
    expect(await text(await repository.openBlob(digest, 2))).toBe('llo');
    expect(caller.seen[0]?.headers.get('Range')).toBe('bytes=2-');
  });
  it('skips the beginning where the registry knows no ranges', async () => {
    const { repository } = clientOf(() => new Response(bodyOf(['h', 'el', 'lo'])));
    expect(await text(await repository.openBlob(digest, 2))).toBe('llo');
  });
  it('refuses another part than it asked for', async () => {
    const { repository } = clientOf(
      () => new Response('hello', { status: 206, headers: { 'Content-Range': 'bytes 0-4/5' } }),
    );
    await expect(repository.openBlob(digest, 2)).rejects.toMatchObject({ code: 'UNEXPECTED_STATUS' });
  });

  describe('when the registry redirects', () => {
    const redirecting = (location: string, then: Answer = () => new Response('hello')): Answer =>
      routes({ [PATH]: () => status(307, { Location: location }), '/elsewhere': then });

    it('asks storage elsewhere without credentials', async () => {
      const registry = redirecting('https://storage.test/elsewhere?signature=x');
      const { caller, repository } = clientOf((request, call) => {
        if (request.url.href.startsWith(REALM)) return grant('t');
        if (request.url.host === 'registry.test' && !authorizationOf(request)) return refuse();
        return registry(request, call);
      });
      expect(await text(await repository.openBlob(digest))).toBe('hello');
      expect(caller.seen.at(-1)?.url.host).toBe('storage.test');
      expect(authorizationOf(caller.seen.at(-1))).toBeNull();
    });
    it('brings its token to its own origin', async () => {
      const registry = redirecting('/elsewhere');
      const { caller, repository } = clientOf((request, call) => {
        if (request.url.href.startsWith(REALM)) return grant('t');
        return authorizationOf(request) ? registry(request, call) : refuse();
      });
      expect(await text(await repository.openBlob(digest))).toBe('hello');
      expect(authorizationOf(caller.seen.at(-1))).toBe('Bearer t');
    });
    it('asks for the range there too', async () => {
      const part = () => new Response('llo', { status: 206, headers: { 'Content-Range': 'bytes 2-4/5' } });
      const { caller, repository } = clientOf(redirecting('https://storage.test/elsewhere', part));
      await repository.openBlob(digest, 2);
      expect(caller.seen.at(-1)?.headers.get('Range')).toBe('bytes=2-');
    });
    it.each([
      ['nowhere', ''],
      ['to plain HTTP', 'http://storage.test/elsewhere'],
      ['to the host itself over plain HTTP', 'http://registry.test/elsewhere'],
      ['to a file', 'file:///elsewhere'],
      ['to an address with a password', 'https://a:canary@storage.test/elsewhere'],
      ['to no address', 'https://['],
    ])('does not follow it %s', async (_, location) => {
      const { caller, repository } = clientOf(redirecting(location));
      const error: unknown = await repository.openBlob(digest).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'REDIRECT_INVALID' });
      expect(String(error)).not.toMatch(/canary/);
      expect(caller.seen.every(({ url }) => url.host === 'registry.test')).toBe(true);
    });
    it('follows it over loopback from loopback', async () => {
      const { repository } = clientOf(redirecting('http://localhost:9000/elsewhere'), {
        origin: 'http://localhost:5000',
      });
      expect(await text(await repository.openBlob(digest))).toBe('hello');
    });
    it('ends a loop', async () => {
      const { caller, repository } = clientOf(redirecting(PATH));
      await expect(repository.openBlob(digest)).rejects.toMatchObject({ code: 'REDIRECT_INVALID' });
      expect(caller.seen).toHaveLength(6);
    });
  });
});

describe('pullBlob', () => {
  it('gives the bytes', async () =>
    expect(await clientOf(() => new Response('hello')).repository.pullBlob(digest, 10)).toEqual(bytes));
  it('refuses other bytes', async () =>
    expect(clientOf(() => new Response('hallo')).repository.pullBlob(digest, 10)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    }));
  it('reads no more than the limit', async () =>
    expect(clientOf(() => new Response('hello')).repository.pullBlob(digest, 4)).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
    }));
  it('asks again where the body breaks off', async () => {
    const { repository } = clientOf((_, call) => new Response(call === 0 ? bodyOf(['he'], 'break') : 'hello'));
    expect(await repository.pullBlob(digest, 10)).toEqual(bytes);
  });
  it('says that it is not there', async () =>
    expect(clientOf(() => status(404)).repository.pullBlob(digest, 10)).rejects.toMatchObject({
      code: 'UNEXPECTED_STATUS',
    }));
});

describe('mountBlob', () => {
  const MOUNT = `POST ${UPLOADS}?mount=${digest}&from=team%2Fother`;
  const mounting = (answer: Answer, isThere = true) =>
    clientOf(routes({ [MOUNT]: answer, [`HEAD ${PATH}`]: () => status(isThere ? 200 : 404) }));

  it('holds at 201', async () =>
    expect(await mounting(() => status(201)).repository.mountBlob(digest, 'team/other')).toBe(true));
  it('looks whether the blob is there', async () =>
    expect(await mounting(() => status(201), false).repository.mountBlob(digest, 'team/other')).toBe(false));
  it.each([202, 400, 401, 403, 404, 405])('leaves it to a copy at %i', async (code) =>
    expect(await mounting(() => status(code)).repository.mountBlob(digest, 'team/other')).toBe(false),
  );
  it('cancels the upload that began instead', async () => {
    const { caller, repository } = mounting(() => status(202, { Location: `${UPLOADS}u1?_state=x` }));
    await repository.mountBlob(digest, 'team/other');
    expect(caller.calls().at(-1)).toBe(`DELETE ${UPLOADS}u1?_state=x`);
  });
  it('leaves it to a copy where the upload that began instead is elsewhere', async () => {
    const { caller, repository } = mounting(() => status(202, { Location: 'https://evil.test/' }));
    expect(await repository.mountBlob(digest, 'team/other')).toBe(false);
    expect(caller.seen).toHaveLength(1);
  });
  it('leaves it to a copy where the token service grants no reading of the source', async () => {
    const { repository } = clientOf((request) =>
      request.url.href.startsWith(REALM) ? status(403) : refuse(CHALLENGE),
    );
    expect(await repository.mountBlob(digest, 'team/other')).toBe(false);
  });
  it('does not hide that the registry is down', async () =>
    expect(mounting(() => status(503)).repository.mountBlob(digest, 'team/other')).rejects.toMatchObject({
      code: 'PEER_FAILED',
    }));
});

describe('pushBlob', () => {
  const POST = `POST ${UPLOADS}?digest=${digest}`;
  const PUT = `PUT ${UPLOADS}u1?_state=x&digest=sha256%3A${digest.slice(7)}`;
  const begin = () => status(202, { Location: `${UPLOADS}u1?_state=x` });

  it('sends it with the POST where the registry takes it', async () => {
    const { caller, repository } = clientOf(routes({ [POST]: () => status(201) }));
    expect(await repository.pushBlob(bytes)).toBe(digest);
    expect(caller.seen.map(({ method, bytes }) => [method, bytes])).toEqual([['POST', bytes]]);
  });
  it('sends it with a PUT where it does not', async () => {
    const { caller, repository } = clientOf(routes({ [POST]: begin, [PUT]: () => status(201) }));
    await repository.pushBlob(bytes);
    expect(caller.calls()).toEqual([POST, PUT]);
    expect(caller.seen[1]?.bytes).toEqual(bytes);
  });
  it('sends a large one with the PUT only', async () => {
    const large = new Uint8Array(1024 * 1024 + 1);
    const { caller, repository } = clientOf(({ method }) => (method === 'POST' ? begin() : status(201)));
    await repository.pushBlob(large);
    expect(caller.seen.map(({ bytes }) => bytes.byteLength)).toEqual([0, large.byteLength]);
  });
  it('sees by a HEAD that it was made though the answer was lost', async () => {
    const { caller, repository } = clientOf(
      routes({
        [POST]: begin,
        [PUT]: () => {
          throw new Error('reset');
        },
        [`HEAD ${PATH}`]: () => status(200),
      }),
    );
    expect(await repository.pushBlob(bytes)).toBe(digest);
    expect(caller.calls()).toEqual([POST, PUT, `HEAD ${PATH}`]);
  });
  it('begins anew where it was not', async () => {
    let puts = 0;
    const { caller, repository } = clientOf(
      routes({
        [POST]: begin,
        [`POST ${UPLOADS}`]: begin,
        [PUT]: () => {
          puts += 1;
          return status(puts === 1 ? 502 : 201);
        },
      }),
    );
    await repository.pushBlob(bytes);
    // That it takes no blob with the POST is known by now.
    expect(caller.calls()).toEqual([POST, PUT, `HEAD ${PATH}`, `POST ${UPLOADS}`, PUT]);
  });
  it('gives up where the registry stays bad', async () =>
    expect(
      clientOf(({ method }) => status(method === 'HEAD' ? 404 : 500)).repository.pushBlob(bytes),
    ).rejects.toMatchObject({ code: 'PEER_FAILED' }));
  it.each([
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
    [400, 'UNEXPECTED_STATUS'],
  ])('takes %i for %s', async (code, expected) =>
    expect(clientOf(() => status(code)).repository.pushBlob(bytes)).rejects.toMatchObject({ code: expected }),
  );
  it.each([
    ['no location', {}],
    ['a location elsewhere', { Location: 'https://evil.test/upload' }],
    ['a location with a user', { Location: 'https://user@registry.test/upload' }],
  ])('does not go on with %s', async (_, headers: Record<string, string>) => {
    const { caller, repository } = clientOf(() => status(202, headers));
    await expect(repository.pushBlob(bytes)).rejects.toMatchObject({ code: 'REDIRECT_INVALID' });
    expect(caller.seen).toHaveLength(1);
  });
  it('resolves a location against the request', async () => {
    const { caller, repository } = clientOf(({ method }) =>
      method === 'POST' ? status(202, { Location: 'u1' }) : status(201),
    );
    await repository.pushBlob(bytes);
    expect(caller.seen[1]?.url.pathname).toBe(`${UPLOADS}u1`);
  });
});
