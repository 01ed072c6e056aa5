import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  codeOf,
  DAY_MS,
  documents,
  HOUR_MS,
  noteOf,
  type Setup,
  type SetupOptions,
  trustedRootText,
  withKeeper,
} from './setup.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** After a first update that went well. */
function withFirst(work: (setup: Setup) => Promise<void>, options?: SetupOptions): Promise<void> {
  return withKeeper(async (setup) => {
    // Of the second version, so that there is one to go back to.
    setup.repository.publish(documents('zeroth')).publish(documents('first'));
    await setup.keeper.current();
    await work(setup);
  }, options);
}

/** Which trusted root is in force. */
async function held({ keeper }: Pick<Setup, 'keeper'>): Promise<unknown> {
  return noteOf((await keeper.current()).trusted_root);
}

/** What is held, and what was wrong with the last update, an hour later. */
async function afterUpdate({ keeper, advance }: Pick<Setup, 'keeper' | 'advance'>) {
  advance(HOUR_MS);
  const { attempt } = await keeper.refresh();
  return { held: await held({ keeper }), problem: attempt?.problem };
}

describe('TrustKeeper', () => {
  describe('when it is asked for the first time', () => {
    it('waits for the mirror', () =>
      withKeeper(async ({ keeper, repository, caller }) => {
        repository.publish(documents('first'));
        expect(await keeper.current()).toEqual({
          trusted_root: trustedRootText('first'),
          signing_config: '{"note":"first"}',
          source: 'tuf',
          fetched_at: caller.now(),
          expires_at: caller.now() + DAY_MS,
        });
      }));
    it('asks the mirror once for all that wait', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.publish(documents('first'));
        await Promise.all([keeper.current(), keeper.current(), keeper.refresh()]);
        expect(repository.calls.filter((call) => call === 'timestamp.json')).toHaveLength(1);
      }));
    it('does without a signing configuration', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.publish({ 'trusted_root.json': trustedRootText('first') });
        expect(await keeper.current()).not.toHaveProperty('signing_config');
      }));
    it('follows the roots from its anchor on', () =>
      withKeeper(async ({ keeper, repository }) => {
        for (const role of ['root', 'timestamp', 'root'] as const) repository.rotate(role).publishRoot();
        repository.publish(documents('first'));
        expect(await held({ keeper })).toBe('first');
      }));
    it('has nothing where the mirror is down', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.failure = () => new Response('', { status: 500 });
        await expect(keeper.current()).rejects.toMatchObject({
          code: 'TRUST_ROOT_UNAVAILABLE',
          message: expect.stringContaining('PEER_FAILED'),
          retryAfterMs: expect.any(Number),
        });
      }));
    it('has nothing where what the mirror has is expired', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.publish(documents('first'));
        repository.publish(documents('second'), { expires: { timestamp: repository.now } });
        expect(await codeOf(keeper.current())).toBe('TRUST_ROOT_EXPIRED');
      }));
  });

  describe('when a trusted root is packaged', () => {
    const options = { packaged: trustedRootText('packaged') };
    it('begins with it where the mirror is down', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.failure = () => new Response('', { status: 500 });
        expect(await keeper.current()).toMatchObject({ source: 'packaged' });
      }, options));
    it('prefers what the mirror has', () =>
      withKeeper(async ({ keeper, repository }) => {
        repository.publish(documents('first'));
        expect(await held({ keeper })).toBe('first');
      }, options));
    it('trusts it no longer than the TUF root that it came with', () =>
      withKeeper(async ({ keeper, repository, advance }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(365 * DAY_MS);
        expect(await codeOf(keeper.current())).toBe('TRUST_ROOT_EXPIRED');
      }, options));
    it('never goes back to it', () =>
      withKeeper(async ({ keeper, repository, advance }) => {
        repository.publish(documents('first'));
        await keeper.current();
        repository.failure = () => new Response('', { status: 500 });
        advance(DAY_MS);
        expect(await codeOf(keeper.current())).toBe('TRUST_ROOT_EXPIRED');
      }, options));
  });

  describe('when an hour is over', () => {
    it('answers at once and asks the mirror meanwhile', () =>
      withFirst(async ({ keeper, repository, advance, settle }) => {
        repository.publish(documents('second'));
        advance(HOUR_MS);
        expect(await held({ keeper })).toBe('first');
        await settle();
        expect(await held({ keeper })).toBe('second');
      }));
    it('asks the mirror no sooner, whoever asks', () =>
      withFirst(async ({ keeper, repository, advance, background }) => {
        const before = repository.calls.length;
        advance(HOUR_MS - 1);
        await keeper.current();
        await keeper.refresh();
        expect({ calls: repository.calls.length, background: background.length }).toEqual({
          calls: before,
          background: 0,
        });
      }));
    it('asks on demand once an hour also where the mirror is down', () =>
      withFirst(async ({ keeper, repository, advance, settle, background }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(HOUR_MS);
        await keeper.current();
        await settle();
        advance(HOUR_MS / 2);
        await keeper.current();
        expect(background).toHaveLength(0);
      }));
    it('takes a mirror that has nothing new for a good one', () =>
      withFirst(async (setup) => {
        expect(await afterUpdate(setup)).toEqual({ held: 'first', problem: undefined });
      }));
  });

  describe('when an update is refused', () => {
    it.each([
      ['an older timestamp', { versions: { timestamp: 1 } }, 'less than current version'],
      ['an older snapshot', { versions: { snapshot: 1 } }, 'less than current version'],
      ['older targets', { versions: { targets: 1 } }, 'less than current version'],
      ['a timestamp of too few keys', { signers: { timestamp: 1 } }, 'timestamp was signed by 1/2 keys'],
      ['an expired timestamp', { expires: { timestamp: 0 } }, 'is expired'],
      ['an expired snapshot', { expires: { snapshot: 0 } }, 'is expired'],
      ['expired targets', { expires: { targets: 0 } }, 'is expired'],
    ])('keeps the last good documents: %s', (_, options, problem) =>
      withFirst(
        async (setup) => {
          setup.repository.publish(documents('second'), options);
          expect(await afterUpdate(setup)).toEqual({ held: 'first', problem: expect.stringContaining(problem) });
        },
        { thresholds: { timestamp: 2 } },
      ),
    );
    it('keeps them where a target is not the one that was signed', () =>
      withFirst(async (setup) => {
        setup.repository.publish(documents('second'), { swapped: { 'trusted_root.json': trustedRootText('secon0') } });
        expect(await afterUpdate(setup)).toEqual({ held: 'first', problem: expect.stringContaining('Expected hash') });
      }));
    it('keeps them where a new root has too few of its own keys', () =>
      withFirst(async (setup) => {
        setup.repository.rotate('root').publishRoot({ signers: { root: 1 } });
        const after = await afterUpdate(setup);
        expect(after.held).toBe('first');
        expect(after.problem).toContain('root was signed by 1/2 keys');
      }));
    it('keeps them where a new root leaves out a version', () =>
      withFirst(async (setup) => {
        const { repository } = setup;
        // It stands where the next one is looked for, and the keys before signed it.
        repository.files.set('2.root.json', repository.publishRoot({ versions: { root: 3 } }).root);
        const after = await afterUpdate(setup);
        expect(after.held).toBe('first');
        expect(after.problem).toBe('Expected version 2, got 3');
      }));
    it('keeps them where a new root is not signed by the keys before', () =>
      withFirst(async (setup) => {
        const { repository } = setup;
        const stranger = repository.rotate('root').publishRoot().root;
        const { signatures, ...rest } = JSON.parse(stranger) as { signatures: object[] };
        // The keys before stand last.
        repository.files.set('2.root.json', JSON.stringify({ ...rest, signatures: signatures.slice(0, 3) }));
        expect(await afterUpdate(setup)).toEqual({
          held: 'first',
          problem: 'root was signed by 0/2 keys',
        });
      }));
    it('keeps them where one key signs a timestamp as often as two should', () =>
      withFirst(
        async (setup) => {
          const { repository } = setup;
          repository.publish(documents('second'), { signers: { timestamp: 1 } });
          const { signatures, ...rest } = JSON.parse(repository.files.get('timestamp.json') ?? '') as {
            signatures: object[];
          };
          const twice = { ...rest, signatures: [...signatures, ...signatures] };
          repository.files.set('timestamp.json', JSON.stringify(twice));
          const after = await afterUpdate(setup);
          expect(after).toEqual({ held: 'first', problem: expect.any(String) });
        },
        { thresholds: { timestamp: 2 } },
      ));
    it.each([0, -1, '1', null])('keeps them where a new root wants %j signatures of a timestamp', (threshold) =>
      withFirst(async (setup) => {
        const { repository } = setup;
        const thresholds = { timestamp: threshold as number };
        repository.publishRoot({ thresholds }).publish(documents('second'), { signers: { timestamp: 0 } });
        expect(await afterUpdate(setup)).toEqual({ held: 'first', problem: expect.any(String) });
      }),
    );
    it('keeps where to sign with whom to trust', () =>
      withFirst(async (setup) => {
        const before = (await setup.keeper.current()).signing_config;
        setup.repository.publish(documents('second'), { swapped: { 'signing_config.v0.2.json': '{"evil":true}' } });
        expect(await afterUpdate(setup)).toEqual({ held: 'first', problem: expect.any(String) });
        expect((await setup.keeper.current()).signing_config).toBe(before);
      }));
    it.each([
      ['no trusted root', {}],
      ['a trusted root that is none', { 'trusted_root.json': '{}' }],
      ['a trusted root that is not JSON', { 'trusted_root.json': '{' }],
    ])('keeps them where the repository has %s', (_, contents) =>
      withFirst(async (setup) => {
        setup.repository.publish(contents);
        const after = await afterUpdate(setup);
        expect(after.held).toBe('first');
        expect(after.problem).toBeDefined();
      }),
    );
    it('asks again at the next cron', () =>
      withFirst(async ({ keeper, repository, advance }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(HOUR_MS);
        await keeper.refresh();
        repository.failure = undefined;
        repository.publish(documents('second'));
        advance(10 * 60_000);
        await keeper.refresh();
        expect(await held({ keeper })).toBe('second');
      }));
  });

  describe('when what is held expires', () => {
    it('trusts nothing', () =>
      withFirst(async ({ keeper, repository, advance }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(DAY_MS - 1);
        expect(await held({ keeper })).toBe('first');
        advance(1);
        expect(await codeOf(keeper.current())).toBe('TRUST_ROOT_EXPIRED');
      }));
    it('asks the mirror once a minute', () =>
      withFirst(async ({ keeper, repository, advance }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(DAY_MS);
        await codeOf(keeper.current());
        const before = repository.calls.length;
        advance(30_000);
        expect(await codeOf(keeper.current())).toBe('TRUST_ROOT_EXPIRED');
        expect(repository.calls).toHaveLength(before);
      }));
    it('goes on as soon as the mirror has a newer one', () =>
      withFirst(async ({ keeper, repository, advance }) => {
        repository.failure = () => new Response('', { status: 500 });
        advance(DAY_MS);
        await codeOf(keeper.current());
        repository.failure = undefined;
        repository.publish(documents('second'));
        advance(60_000);
        expect(await held({ keeper })).toBe('second');
      }));
  });

  describe('when it was evicted', () => {
    it('still holds its documents', () =>
      withFirst(async ({ create, repository }) => {
        repository.failure = () => new Response('', { status: 500 });
        expect(await held({ keeper: create() })).toBe('first');
      }));
    it('still refuses to go back', () =>
      withFirst(async (setup) => {
        const keeper = setup.create();
        setup.repository.publish(documents('second'), { versions: { timestamp: 1 } });
        expect(await afterUpdate({ ...setup, keeper })).toMatchObject({ held: 'first' });
      }));
    it('remembers what a failed update has seen', () =>
      withFirst(async (setup) => {
        const { repository, create } = setup;
        // The timestamp of version 9 is seen, what it names is expired.
        repository.publish(documents('second'), { versions: { timestamp: 9 }, expires: { snapshot: 0 } });
        await afterUpdate(setup);
        repository.publish(documents('third'), { versions: { timestamp: 8 } });
        const { problem } = await afterUpdate({ ...setup, keeper: create() });
        expect(problem).toContain('less than current version 9');
      }));
    it('does not ask the mirror again within the minute', () =>
      withKeeper(async ({ keeper, create, repository }) => {
        repository.failure = () => new Response('', { status: 500 });
        await codeOf(keeper.current());
        const before = repository.calls.length;
        await codeOf(create().current());
        expect(repository.calls).toHaveLength(before);
      }));
  });
});
