import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../src/lib/merge/journal.ts';
import { makeRecord } from './make.ts';

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
