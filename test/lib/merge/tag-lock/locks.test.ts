import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../../../src/lib/environment.ts';
import { shardOf } from '../../../../src/lib/merge/tag-lock/locks.ts';
import { TagHistory } from '../../../../src/lib/merge/tag-lock/tag-history.ts';
import { prefixed } from '../../../../src/lib/merge/tag-lock/tag-writer.ts';
import { digestOf } from '../make.ts';

const { TAG_LOCKS } = env as unknown as Env;

describe('shardOf', () => {
  it.each([
    ['master-cpu-vllm', 6],
    ['sha-5d0b549-cpu-vllm', 0],
    ['latest', 6],
  ])('is the same for ever: %s', (tag, shard) => expect(shardOf(tag)).toBe(shard));
  it('spreads tags', () => {
    const shards = Array.from({ length: 1000 }, (_, at) => shardOf(`master-backend-${at}`));
    expect(new Set(shards).size).toBe(16);
  });
});

describe('the storage of several tags in one object', () => {
  it('keeps the history of each tag apart', () =>
    runInDurableObject(TAG_LOCKS.getByName('histories'), (_, { storage }) => {
      const [one, other] = ['master', 'latest'].map((tag) => new TagHistory(storage.sql, tag));
      one?.add({ digest: digestOf('a'), run_id: '1', at: 1 });
      expect([one?.rows().length, other?.rows().length]).toEqual([1, 0]);
    }));
  it('drops the oldest of a tag, and of no other', () =>
    runInDurableObject(TAG_LOCKS.getByName('long histories'), (_, { storage }) => {
      const [one, other] = ['master', 'latest'].map((tag) => new TagHistory(storage.sql, tag));
      other?.add({ digest: digestOf('a'), run_id: '1', at: 1 });
      for (let at = 0; at < 120; at += 1) one?.add({ digest: digestOf(at % 2 ? 'a' : 'b'), run_id: String(at), at });
      expect([one?.rows().length, one?.rows()[0]?.run_id, other?.rows().length]).toEqual([100, '20', 1]);
    }));
  it('keeps the values of each tag apart', () =>
    runInDurableObject(TAG_LOCKS.getByName('values'), (_, { storage }) => {
      prefixed(storage.kv, 'master').put('fence', 1);
      expect([prefixed(storage.kv, 'master').get('fence'), prefixed(storage.kv, 'latest').get('fence')]).toEqual([
        1,
        undefined,
      ]);
    }));
});
