import { describe, expect, it } from 'vitest';
import type { MergeState } from '../../../src/lib/merge/state.ts';
import { digestOf } from '../merge/make.ts';
import { HOUR, type KeepaliveWorld, withKeepalives } from './setup.ts';

const WEEK = 168 * HOUR;
const DELETE = (request: Request) => request.method === 'DELETE';

describe('a cleanup in trouble', () => {
  it.each([
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
  ])('says which permission is missing where a deletion gets %i', (status, code) =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, registry, object }) => {
      await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      registry.faults.add({ kind: 'status', status, match: DELETE, times: 9 });
      await sweep();
      expect(tags()).toHaveLength(1);
      expect(object().view().last?.problem).toMatchObject({
        code,
        permission: expect.stringContaining('localhost:5000'),
      });
    }),
  );
  it('says so, too, where the tags may not be listed', () =>
    withKeepalives({}, async ({ sweep, registry, object }) => {
      registry.faults.add({ kind: 'status', status: 401, match: () => true, times: 9 });
      await sweep();
      expect(object().view().last?.problem).toMatchObject({ code: 'UNAUTHORIZED' });
    }));
  it('passes over a tag that is refused, and tells of it', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, registry, object }) => {
      for (const suffix of ['-a', '-b', '-c', '-d', '-e', '-f']) {
        await anchor({ run: '1', suffix });
        stand('1', suffix, 'published');
      }
      const isFirst = (request: Request) => DELETE(request) && request.url.includes('-a-amd64');
      registry.faults.add({ kind: 'status', status: 412, match: isFirst, times: 9 });
      await sweep();
      expect(tags()).toEqual(['keepalive-1-a-amd64']);
      expect(object().view().last).toMatchObject({
        removed: { done: 5 },
        kept: { refused: 1 },
        problem: { code: 'UNEXPECTED_STATUS' },
      });
    }));
  it('leaves a registry alone that is busy, though it refused another tag first', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, registry, object }) => {
      for (const suffix of ['-a', '-b']) {
        await anchor({ run: '1', suffix });
        stand('1', suffix, 'published');
      }
      const of = (suffix: string) => (request: Request) => DELETE(request) && request.url.includes(`${suffix}-amd64`);
      registry.faults.add({ kind: 'status', status: 412, match: of('-a'), times: 9 });
      registry.faults.add({ kind: 'status', status: 429, match: of('-b'), times: 99 });
      await sweep();
      expect(object().view()).toMatchObject({ last: { problem: { code: 'PEER_BUSY' } } });
      expect(await object().sweep('localhost:5000/team/cache')).toBe('resting');
    }));
  it('ends where one tag after the other is refused', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, registry, object }) => {
      for (let at = 10; at < 30; at += 1) {
        await anchor({ run: '1', suffix: `-${at}` });
        stand('1', `-${at}`, 'published');
      }
      registry.faults.add({ kind: 'status', status: 403, match: DELETE, times: 99 });
      await sweep();
      expect(tags()).toHaveLength(20);
      expect(object().view().last).toMatchObject({ kept: { refused: 8 }, problem: { code: 'DENIED' } });
    }));
  it('tries again at the next call', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, registry, object }) => {
      await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      registry.faults.add({ kind: 'status', status: 403, match: DELETE });
      await sweep();
      await sweep();
      expect([tags(), object().view().last?.problem]).toEqual([[], undefined]);
    }));
  it('leaves a busy registry alone for as long as it asks', () =>
    withKeepalives({}, async ({ registry, advance, object }) => {
      const busy = { kind: 'status', status: 429, headers: { 'Retry-After': '0' }, times: 99 } as const;
      registry.faults.add({ ...busy, match: () => true });
      await object().sweep('localhost:5000/team/cache');
      await object().alarm();
      registry.faults.clear();
      const calls = registry.calls.length;
      expect(await object().sweep('localhost:5000/team/cache')).toBe('resting');
      expect([registry.calls.length, object().view().last?.problem?.code]).toEqual([calls, 'PEER_BUSY']);
      advance(5 * 60_000 + 1);
      expect(await object().sweep('localhost:5000/team/cache')).toBe('started');
    }));
  it('ends where the repository is not configured any more', () =>
    withKeepalives({}, async ({ object }) => {
      await object().sweep('localhost:5000/team/other');
      await object().alarm();
      expect(object().view()).toMatchObject({ last: { problem: { code: 'NO_TARGET' } } });
    }));
  it('begins none while one is under way', () =>
    withKeepalives({}, async ({ object }) => {
      await object().sweep('localhost:5000/team/cache');
      expect(await object().sweep('localhost:5000/team/cache')).toBe('under way');
    }));
});

describe('a cleanup on Quay', () => {
  const TAG = 'keepalive-9-cpu-x-amd64';
  const quay = { host: 'quay.io', quayToken: 'canary' };
  const isApi = (request: Request) => new URL(request.url).pathname.startsWith('/api/v1/');

  it('takes the age of others’ anchors from its list', () => {
    const pages: string[] = [];
    let made: object[] = [];
    const beside = (request: Request) => {
      if (!isApi(request)) return undefined;
      const page = new URL(request.url).searchParams.get('page') ?? '';
      pages.push(page);
      return Response.json({
        tags: page === '2' ? made : [{ name: 'x', manifest_digest: digestOf('a') }],
        has_additional: page !== '2',
      });
    };
    return withKeepalives({ ...quay, project: { keepalive_foreign: true }, beside }, async ({ push, sweep, tags }) => {
      const old = (Date.now() - WEEK - 1000) / 1000;
      const digest = await push(TAG, 'x');
      await push('keepalive-8-cpu-x-amd64', 'x');
      made = [
        { name: TAG, start_ts: old, manifest_digest: digest },
        { name: 'keepalive-8-cpu-x-amd64', start_ts: old + 60, manifest_digest: digest },
      ];
      await sweep();
      expect([tags(), pages]).toEqual([['keepalive-8-cpu-x-amd64'], ['1', '2']]);
    });
  });
  it('goes on by first sight where its list is refused, and says which permission is missing', () => {
    const beside = (request: Request) => (isApi(request) ? new Response(null, { status: 403 }) : undefined);
    return withKeepalives(
      { ...quay, project: { keepalive_foreign: true }, beside },
      async ({ push, sweep, tags, advance, object }) => {
        await push(TAG, 'x');
        await sweep();
        advance(WEEK + 1);
        await sweep();
        expect(tags()).toEqual([]);
        expect(object().view().last?.problem).toMatchObject({
          code: 'QUAY_REFUSED',
          permission: expect.stringContaining('repo:write'),
        });
      },
    );
  });
  it('deletes by its API where the registry refuses', () => {
    const deleted: string[] = [];
    const beside = (request: Request) => {
      if (!isApi(request)) return undefined;
      deleted.push(`${request.method} ${new URL(request.url).pathname}`);
      return new Response(null, { status: 204 });
    };
    return withKeepalives({ ...quay, beside }, async ({ anchor, stand, sweep, registry, object }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      registry.faults.add({ kind: 'status', status: 401, match: DELETE, times: 9 });
      await sweep();
      expect(deleted).toEqual([`DELETE /api/v1/repository/team/cache/tag/${tag}`]);
      expect(object().view().last).toMatchObject({ removed: { done: 1 } });
    });
  });
});

describe('a cleanup of 2 000 tags', () => {
  const STATES: readonly MergeState[] = ['published', 'superseded', 'waiting', 'needs_token', 'merging', 'failed'];

  /** Live, done, orphaned, overwritten, strangers'; each suffix beside a longer one that is live. */
  async function fill({ anchor, push, stand, advance }: KeepaliveWorld): Promise<string[]> {
    const stay: string[] = [];
    const foreign = Array.from({ length: 200 }, (_, index) => `keepalive-7${index}-cpu-old-amd64`);
    for (const tag of foreign) await push(tag, 'x');
    for (let index = 0; index < 200; index += 1) {
      await anchor({ run: '500', suffix: `-orphan-${index}` });
      stand('500', `-orphan-${index}`, 'waiting');
    }
    advance(49 * HOUR);
    for (let index = 0; index < 500; index += 1) {
      const [run, suffix, state] = [
        `${600 + (index % 7)}`,
        `-cpu-${index}`,
        STATES[index % STATES.length] ?? 'waiting',
      ];
      const tag = await anchor({ run, suffix });
      stand(run, suffix, state);
      if (index % 50 === 0) await push(tag, 'overwritten');
      if (index % 50 === 0 || (state !== 'published' && state !== 'superseded')) stay.push(tag);
      stay.push(
        await anchor({ run, suffix: `${suffix}-omni` }),
        await anchor({ run, suffix: `${suffix}.1`, arch: 'arm64' }),
      );
      stand(run, `${suffix}-omni`, 'waiting');
      stand(run, `${suffix}.1`, 'needs_token');
    }
    for (let index = 0; index < 100; index += 1) await push(`cache-${index}`, 'x');
    return [...stay, ...foreign, ...Array.from({ length: 100 }, (_, index) => `cache-${index}`)].sort();
  }

  it('removes exactly the right ones, twice in a row', { timeout: 60_000 }, () =>
    withKeepalives({}, async (world) => {
      const stay = await fill(world);
      expect(world.tags()).toHaveLength(2000);
      await world.sweep();
      expect(world.tags()).toEqual(stay);
      await world.sweep();
      expect([world.tags(), world.object().view().last?.removed]).toEqual([stay, {}]);
    }),
  );

  it('goes on after a kill in the middle', { timeout: 60_000 }, () =>
    withKeepalives({}, async (world) => {
      const stay = await fill(world);
      let deletions = 0;
      // The 150th deletion reaches the registry, but its caller never hears of it.
      world.registry.faults.add({ kind: 'timeout-after', match: (request) => DELETE(request) && ++deletions === 150 });
      await world.object().sweep('localhost:5000/team/cache');
      while (deletions < 150) void (await Promise.race([world.object().alarm(), nextTurns()]));
      world.kill();
      await world.sweep();
      expect(world.tags()).toEqual(stay);
      expect(world.object().view().last?.problem).toBeUndefined();
    }),
  );
});

/** Long enough for the calls of a registry in memory. */
function nextTurns(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 200);
  });
}
