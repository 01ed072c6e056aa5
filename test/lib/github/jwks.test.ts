import { describe, expect, it } from 'vitest';
import { createKeyLookup } from '../../../src/lib/github/jwks.ts';
import { fakeCaller } from '../fake-caller.ts';
import { createKey, ISSUER } from './tokens.ts';

const [first, second] = await Promise.all([createKey('k1'), createKey('k2')]);
const publish = (...keys: unknown[]) => Response.json({ keys });
const invalid = expect.objectContaining({ code: 'TOKEN_INVALID' });
const unavailable = expect.objectContaining({ code: 'ISSUER_UNAVAILABLE' });

/** A look-up whose issuer answers what `answer` holds at the time. */
function setUp(start: () => Response | Promise<Response> = () => publish(first.jwk)) {
  const peer = { answer: start };
  const caller = fakeCaller(() => peer.answer(), { tries: 1 });
  return { peer, caller, keyOf: createKeyLookup(caller, ISSUER) };
}

describe('createKeyLookup', () => {
  it('fetches the keys at the first need', async () => {
    const { caller, keyOf } = setUp();
    expect(caller.seen).toEqual([]);
    await expect(keyOf('k1')).resolves.toBeDefined();
    expect(caller.calls()).toEqual(['GET /.well-known/jwks']);
  });
  it('keeps them', async () => {
    const { caller, keyOf } = setUp();
    await keyOf('k1');
    caller.advance(3_500_000);
    await keyOf('k1');
    expect(caller.seen).toHaveLength(1);
  });
  it('fetches once for many that come at once', async () => {
    const { caller, keyOf } = setUp();
    await Promise.all(Array.from({ length: 20 }, () => keyOf('k1')));
    expect(caller.seen).toHaveLength(1);
  });

  describe('when a key id is unknown', () => {
    it('fetches a new set', async () => {
      const { caller, keyOf, peer } = setUp();
      await keyOf('k1');
      peer.answer = () => publish(first.jwk, second.jwk);
      caller.advance(60_000);
      await expect(keyOf('k2')).resolves.toBeDefined();
      expect(caller.seen).toHaveLength(2);
    });
    it('fetches once a minute at most, however many come', async () => {
      const { caller, keyOf } = setUp();
      await keyOf('k1');
      for (let count = 0; count < 100; count += 1) await expect(keyOf(`x${count}`)).rejects.toEqual(invalid);
      expect(caller.seen).toHaveLength(1);
      caller.advance(59_999);
      await expect(keyOf('x')).rejects.toEqual(invalid);
      expect(caller.seen).toHaveLength(1);
      caller.advance(1);
      for (let count = 0; count < 100; count += 1) await expect(keyOf(`x${count}`)).rejects.toEqual(invalid);
      expect(caller.seen).toHaveLength(2);
    });
    it('still takes the known ones at once', async () => {
      const { caller, keyOf, peer } = setUp();
      await keyOf('k1');
      caller.advance(60_000);
      peer.answer = () => new Promise(() => undefined);
      void keyOf('x').catch(() => undefined);
      await expect(keyOf('k1')).resolves.toBeDefined();
    });
  });

  describe('when the keys have grown old', () => {
    it('drops one that the issuer withdrew', async () => {
      const { caller, keyOf, peer } = setUp();
      await keyOf('k1');
      peer.answer = () => publish(second.jwk);
      caller.advance(3_600_000);
      await expect(keyOf('k1')).rejects.toEqual(invalid);
    });
    it.each([
      ['fails', () => new Response(null, { status: 500 })],
      ['answers HTML', () => new Response('<html>')],
      ['answers an empty set', () => publish()],
      ['answers a set of other keys', () => publish({ kty: 'EC', kid: 'k1' })],
      ['redirects', () => Response.redirect('https://evil.test/', 302)],
    ])('keeps the last good set where the issuer %s', async (_, answer) => {
      const { caller, keyOf, peer } = setUp();
      await keyOf('k1');
      peer.answer = answer;
      caller.advance(3_600_000);
      await expect(keyOf('k1')).resolves.toBeDefined();
    });
  });

  describe('when there never were any', () => {
    it.each([
      ['cannot be reached', () => Promise.reject(new Error('reset'))],
      ['answers 404', () => new Response(null, { status: 404 })],
      ['answers another document', () => Response.json({})],
      ['answers without an end', () => new Response('x'.repeat(300_000))],
      ['answers more keys than it can have', () => publish(...Array.from({ length: 101 }, () => first.jwk))],
    ])('says that the issuer is not available where it %s', async (_, answer) =>
      expect(setUp(answer).keyOf('k1')).rejects.toEqual(unavailable),
    );
    it('takes no old key for a new one while the set is fetched', async () => {
      const { caller, keyOf, peer } = setUp();
      await keyOf('k1');
      let publishNew: (response: Response) => void = () => undefined;
      peer.answer = () =>
        new Promise((resolve) => {
          publishNew = resolve;
        });
      caller.advance(3_600_000);
      const asked = Promise.allSettled([keyOf('k1'), keyOf('k1')]);
      await new Promise((resolve) => setTimeout(resolve, 1));
      publishNew(publish(second.jwk));
      expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });
    it('says when to try again', async () =>
      expect(setUp(() => new Response(null, { status: 404 })).keyOf('k1')).rejects.toMatchObject({
        retryAfterMs: 5000,
      }));
    it('tries again after five seconds', async () => {
      const { caller, keyOf, peer } = setUp(() => new Response(null, { status: 404 }));
      await keyOf('k1').catch(() => undefined);
      peer.answer = () => publish(first.jwk);
      await expect(keyOf('k1')).rejects.toEqual(unavailable);
      caller.advance(5000);
      await expect(keyOf('k1')).resolves.toBeDefined();
    });
    it('goes on where a fetch never ended', async () => {
      const { caller, keyOf, peer } = setUp(() => new Promise(() => undefined));
      void keyOf('k1').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(caller.seen).toHaveLength(1);
      peer.answer = () => publish(first.jwk);
      caller.advance(60_000);
      await expect(keyOf('k1')).resolves.toBeDefined();
    });
  });

  describe('when a set holds a key that cannot be used', () => {
    it.each([
      ['of another kind', { kty: 'EC', kid: 'k2', crv: 'P-256', x: 'a', y: 'b' }],
      ['for encryption', { ...second.jwk, use: 'enc' }],
      ['for another algorithm', { ...second.jwk, alg: 'RS512' }],
      ['that is short', { ...second.jwk, n: 'a'.repeat(171) }],
      ['without an id', { ...second.jwk, kid: undefined }],
      ['that is broken', { ...second.jwk, n: '*' }],
      ['that is no object', 7],
    ])('passes over one %s', async (_, bad) => {
      const { keyOf } = setUp(() => publish(bad, first.jwk));
      await expect(keyOf('k1')).resolves.toBeDefined();
      await expect(keyOf('k2')).rejects.toEqual(invalid);
    });
  });
});
