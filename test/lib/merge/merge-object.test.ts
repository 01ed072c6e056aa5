import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../src/lib/merge/journal.ts';
import { digestOf, makeArrival, makeRecord } from './make.ts';

afterEach(() => vi.restoreAllMocks());

describe('the alarm of a merge', () => {
  it('arms itself again however often it fails', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const stub = env.MERGES.getByName(crypto.randomUUID());
    await runInDurableObject(stub, async (_, { storage }) => {
      // A project that the configuration has no more: nothing about it can be done, not even looked up.
      const { subject } = makeRecord();
      new Journal(storage.sql).store(makeRecord({ subject: { ...subject, project: 'removed' } }));
      await storage.setAlarm(Date.now() + 60_000);
    });
    const rang: boolean[] = [];
    for (let times = 0; times < 10; times += 1) rang.push(await runDurableObjectAlarm(stub));
    expect(rang).toEqual(Array(10).fill(true));
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBeGreaterThan(Date.now());
  });
});

describe('a merge that comes to rest', () => {
  it('goes on with what its run says while it is told', async () => {
    const stub = env.MERGES.getByName(crypto.randomUUID());
    await runInDurableObject(stub, async (merge, { storage }) => {
      const journal = new Journal(storage.sql);
      journal.store(makeRecord({ arrivals: [makeArrival('amd64', 'a')] }));
      for (const step of ['read', 'sign'] as const) {
        journal.begin(1, { step, target: '' }, 1);
        journal.succeed(1, { step, target: '' }, { digest: digestOf('a'), signed_at: 1 }, 2);
      }
      const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
      const note = vi.fn(async () => {
        await heard;
        return { planned: null, cancelled: false };
      });
      const runs = { getByName: () => ({ note }) };
      Object.defineProperty(merge, 'env', { value: { ...env, RUNS: runs } });

      const resting = merge.alarm();
      await vi.waitFor(() => expect(note).toHaveBeenCalled());
      const planned = { tag_suffix: '-cpu-bar', platform_tags: ['amd64'], tag_latest: 'auto', narrow: false } as const;
      const directed = merge.direct({ planned, cancelled: false });
      hear();
      await Promise.all([resting, directed]);
      expect(merge.view()?.steps.map(({ step, state }) => `${step} ${state}`)).toContain('release done');
    });
  });
});
