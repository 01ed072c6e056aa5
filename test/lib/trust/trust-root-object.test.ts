import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refreshTrustRoot } from '../../../src/lib/trust/refresh.ts';
import { TrustRootObject } from '../../../src/lib/trust/trust-root-object.ts';
import { documents, MIRROR, noteOf } from './setup.ts';
import { TufRepository } from './tuf-repository.ts';

const stub = env.TRUST_ROOT.getByName('object');
const repository = new TufRepository(Date.now()).publishRoot().publish(documents('first'));
const settings = { tuf: { url: MIRROR, root: repository.root } };

/** Asks an object of the Worker's class that is told another Sigstore. */
function withObject<Value>(work: (object: TrustRootObject) => Promise<Value>): Promise<Value> {
  return runInDurableObject(stub, (_, state) =>
    work(new TrustRootObject(state, { ...env, MUSTER_SIGSTORE: settings } as typeof env)),
  );
}

describe('TrustRootObject', () => {
  beforeEach(() => {
    vi.spyOn(globalThis, 'fetch').mockImplementation((input) => repository.fetch(String(input)));
    vi.spyOn(console, 'warn').mockReturnValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives what the mirror has', async () => {
    const outcome = await withObject((object) => object.current());
    expect(outcome).toMatchObject({ ok: true, value: { source: 'tuf' } });
  });

  it('still has it after an eviction, without the mirror', async () => {
    await withObject((object) => object.current());
    await evictDurableObject(stub);
    const calls = repository.calls.length;
    const outcome = await withObject((object) => object.current());
    expect(outcome.ok && noteOf(outcome.value.trusted_root)).toBe('first');
    expect(repository.calls).toHaveLength(calls);
  });

  it('says how it stands', async () => {
    const status = await withObject(async (object) => {
      await object.refresh();
      return object.status();
    });
    expect(status).toMatchObject({ ok: true, value: { mirror: MIRROR, source: 'tuf', attempt: {} } });
  });

  it('hands a refusal on as a value', async () => {
    const other = env.TRUST_ROOT.getByName('refused');
    vi.mocked(globalThis.fetch).mockImplementation(async () => new Response('', { status: 404 }));
    const outcome = await runInDurableObject(other, (_, state) =>
      new TrustRootObject(state, { ...env, MUSTER_SIGSTORE: settings } as typeof env).current(),
    );
    expect(outcome).toMatchObject({ ok: false, code: 'TRUST_ROOT_UNAVAILABLE' });
  });
});

describe('refreshTrustRoot', () => {
  it('asks nobody where the documents stand in the configuration', async () => {
    expect(await refreshTrustRoot(env)).toEqual({ source: 'configuration' });
  });

  describe('when the documents come by TUF', () => {
    /** An environment in which the object answers this. */
    const answering = (outcome: object) => {
      const object = { refresh: async () => outcome };
      return { ...env, MUSTER_SIGSTORE: settings, TRUST_ROOT: { getByName: () => object } } as unknown as typeof env;
    };
    it('says how they stand', async () => {
      const status = { mirror: MIRROR, attempt: { at: 1 } };
      expect(await refreshTrustRoot(answering({ ok: true, value: status }))).toEqual(status);
    });
    it.each([
      ['the mirror gave nothing good', { ok: true, value: { mirror: MIRROR, attempt: { at: 1, problem: 'x' } } }],
      ['the object refuses', { ok: false, code: 'X', detail: 'x' }],
    ])('fails where %s', async (_, outcome) => {
      await expect(refreshTrustRoot(answering(outcome))).rejects.toMatchObject({ code: 'TRUST_ROOT_UNAVAILABLE' });
    });
  });
});
