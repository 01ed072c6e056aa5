import { describe, expect, it } from 'vitest';
import type { Answer } from '../fake-caller.ts';
import { authorizationOf, CHALLENGE, clientOf, grant, REALM, refuse } from './fake-registry.ts';

const credential = { username: 'robot', password: 'secret' };
const BASIC = `Basic ${Buffer.from('robot:secret').toString('base64')}`;
const notFound = () => new Response(null, { status: 404 });

/** A registry that wants a token, and a token service that numbers them. */
function tokenRegistry(answer: object | ((count: number) => Response) = {}, challenge = CHALLENGE): Answer {
  let count = 0;
  return (request) => {
    if (request.url.origin === new URL(REALM).origin) {
      count += 1;
      return typeof answer === 'function' ? answer(count) : grant(`t${count}`, answer);
    }
    return authorizationOf(request)?.startsWith('Bearer ') ? notFound() : refuse(challenge);
  };
}

const jwt = (payload: object) => `h.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.s`;

describe('Authorization', () => {
  describe('when the registry wants a bearer token', () => {
    it('asks the token service, and then again', async () => {
      const { caller, repository } = clientOf(tokenRegistry());
      await repository.headManifest('v1');
      expect(caller.calls()).toEqual([
        'HEAD /v2/team/app/manifests/v1',
        'GET /token?service=registry.test&scope=repository%3Ateam%2Fapp%3Apull',
        'HEAD /v2/team/app/manifests/v1',
      ]);
    });
    it('sends the token', async () => {
      const { caller, repository } = clientOf(tokenRegistry());
      await repository.headManifest('v1');
      expect(authorizationOf(caller.seen.at(-1))).toBe('Bearer t1');
    });
    it('sends the credential to the token service only', async () => {
      const { caller, repository } = clientOf(tokenRegistry(), { credential });
      await repository.headManifest('v1');
      expect(caller.seen.map(authorizationOf)).toEqual([null, BASIC, 'Bearer t1']);
    });
    it('asks without a credential where there is none', async () => {
      const { caller, repository } = clientOf(tokenRegistry());
      await repository.headManifest('v1');
      expect(authorizationOf(caller.seen[1])).toBeNull();
    });
    it('takes what is called access_token', async () => {
      const { caller, repository } = clientOf(tokenRegistry(() => Response.json({ access_token: 'a1' })));
      await repository.headManifest('v1');
      expect(authorizationOf(caller.seen.at(-1))).toBe('Bearer a1');
    });
    it('prefers it to Basic', async () => {
      const { caller, repository } = clientOf(tokenRegistry({}, `Basic realm="x", ${CHALLENGE}`), { credential });
      await repository.headManifest('v1');
      expect(authorizationOf(caller.seen.at(-1))).toBe('Bearer t1');
    });
    it('asks for no more than the call needs', async () => {
      const wide = CHALLENGE.replace(':pull', ':pull,push,delete');
      const { caller, repository } = clientOf(tokenRegistry({}, wide));
      await repository.headManifest('v1');
      expect(caller.seen[1]?.url.searchParams.getAll('scope')).toEqual(['repository:team/app:pull']);
    });
    it('repeats the parameter for each scope', async () => {
      const { caller, repository } = clientOf(tokenRegistry());
      await repository.mountBlob(`sha256:${'a'.repeat(64)}`, 'team/other');
      expect(caller.seen[1]?.url.searchParams.getAll('scope')).toEqual([
        'repository:team/app:pull,push',
        'repository:team/other:pull',
      ]);
    });
  });

  describe('when a tag is deleted', () => {
    const scopeOfDeletion = async (challenge: string) => {
      const { caller, repository } = clientOf(tokenRegistry({}, challenge));
      await repository.deleteTag('v1');
      return caller.seen[1]?.url.searchParams.getAll('scope');
    };
    it("asks for what the registry's challenge names, for Quay knows no delete", async () =>
      expect(await scopeOfDeletion(CHALLENGE.replace(':pull', ':pull,push'))).toEqual([
        'repository:team/app:pull,push',
      ]));
    it('asks for delete where the challenge names nothing', async () =>
      expect(await scopeOfDeletion(`Bearer realm="${REALM}"`)).toEqual(['repository:team/app:delete,pull']));
    it.each(['repository:team/other:pull,push', 'repository:team/app:pull repository:x/y:push', 'registry:catalog:*'])(
      'does not ask for %s',
      async (scope) =>
        expect(await scopeOfDeletion(CHALLENGE.replace('repository:team/app:pull', scope))).toEqual([
          'repository:team/app:delete,pull',
        ]),
    );
  });

  describe('when a token is held', () => {
    const callsOfTwo = async (answer: object, pauseMs: number) => {
      const { caller, repository } = clientOf(tokenRegistry(answer));
      await repository.headManifest('v1');
      caller.advance(pauseMs);
      const before = caller.seen.length;
      await repository.headManifest('v1');
      return caller.seen.length - before;
    };
    it('sends it at once', async () => expect(await callsOfTwo({ expires_in: 300 }, 0)).toBe(1));
    it('sends it until shortly before its end', async () =>
      expect(await callsOfTwo({ expires_in: 300 }, 289_000)).toBe(1));
    it('gets another one then', async () => expect(await callsOfTwo({ expires_in: 300 }, 291_000)).toBe(3));
    it('lets it live a minute where nobody says', async () => {
      expect([await callsOfTwo({}, 49_000), await callsOfTwo({}, 51_000)]).toEqual([1, 3]);
    });
    it("goes by a JWT's own end where the service says none", async () => {
      const exp = Date.UTC(2026, 10, 1) / 1000 + 3600;
      expect(await callsOfTwo({ token: jwt({ exp }) }, 3_500_000)).toBe(1);
      expect(await callsOfTwo({ token: jwt({ exp }) }, 3_595_000)).toBe(3);
    });
    it('is not sent for other scopes', async () => {
      const { caller, repository } = clientOf(tokenRegistry());
      await repository.headManifest('v1');
      await repository.pushManifest('v1', { bytes: new Uint8Array(1), mediaType: 'a/b' }).catch(() => undefined);
      expect(caller.seen.slice(3).map(authorizationOf)).toEqual([null, null, 'Bearer t2']);
    });
    it('is not sent for another repository', async () => {
      const { caller, registry, repository } = clientOf(tokenRegistry());
      await repository.headManifest('v1');
      await registry.repository('team/other').headManifest('v1');
      expect(authorizationOf(caller.seen[3])).toBeNull();
    });
    it('is replaced where the registry refuses it', async () => {
      const accepted = new Set(['Bearer t1']);
      const { caller, repository } = clientOf((request) => {
        if (request.url.origin === new URL(REALM).origin) return grant(`t${accepted.size}`);
        return accepted.has(authorizationOf(request) ?? '') ? notFound() : refuse();
      });
      await repository.headManifest('v1');
      accepted.clear();
      accepted.add('Bearer t2').add('x');
      await repository.headManifest('v1');
      expect(authorizationOf(caller.seen.at(-1))).toBe('Bearer t2');
    });
  });

  describe('when another call got a token meanwhile', () => {
    it('is used instead of a third one', async () => {
      let tokens = 0;
      let current = 'none';
      const { caller, repository } = clientOf(async (request) => {
        if (request.url.origin === new URL(REALM).origin) {
          tokens += 1;
          current = `Bearer t${tokens}`;
          return grant(`t${tokens}`, { expires_in: 300 });
        }
        // The slow one is refused after the other has renewed the token.
        const sent = authorizationOf(request);
        if (request.path.endsWith('/slow') && sent === 'Bearer t1')
          await new Promise((resolve) => setTimeout(resolve, 20));
        return sent === current ? notFound() : refuse();
      });
      await repository.headManifest('v1');
      current = 'revoked';
      await Promise.all([repository.headManifest('slow'), repository.headManifest('fast')]);
      expect([tokens, authorizationOf(caller.seen.at(-1))]).toEqual([2, 'Bearer t2']);
    });
  });

  describe('when the registry wants Basic', () => {
    const basicRegistry: Answer = (request) =>
      authorizationOf(request) === BASIC ? notFound() : refuse('Basic realm="registry"');

    it('sends the credential to the registry', async () => {
      const { caller, repository } = clientOf(basicRegistry, { credential });
      await repository.headManifest('v1');
      expect(caller.seen.map(authorizationOf)).toEqual([null, BASIC]);
    });
    it('sends it at once from then on', async () => {
      const { caller, repository } = clientOf(basicRegistry, { credential });
      await repository.headManifest('v1');
      await repository.headManifest('v2');
      expect(authorizationOf(caller.seen[2])).toBe(BASIC);
    });
    it('does not send a refused one twice', async () => {
      const { caller, repository } = clientOf(basicRegistry, { credential: { ...credential, password: 'old' } });
      await expect(repository.headManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      await expect(repository.headManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      expect(caller.seen).toHaveLength(3);
    });
    it('says so where there is none', async () => {
      await expect(clientOf(basicRegistry).repository.headManifest('v1')).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      });
    });
  });
});
