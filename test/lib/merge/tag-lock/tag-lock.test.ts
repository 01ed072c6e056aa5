import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../../../src/lib/environment.ts';
import { DEFAULT_RETRY } from '../../../../src/lib/http.ts';
import { TagHistory } from '../../../../src/lib/merge/tag-lock/tag-history.ts';
import { TagLock } from '../../../../src/lib/merge/tag-lock/tag-lock.ts';
import { prefixed } from '../../../../src/lib/merge/tag-lock/tag-writer.ts';
import type { Services, TagMove } from '../../../../src/lib/merge/types.ts';
import type { Digest } from '../../../../src/lib/oci/digest.ts';
import { digestOf } from '../make.ts';

const { TAG_LOCKS } = env as unknown as Env;
const REPOSITORY = 'registry.test/a/b';

interface Setup {
  move(letter: string, run_id: string): Promise<unknown>;
  rollback(moved_by: string): Promise<unknown>;
  /** The next write reaches the registry, but its answer is lost. */
  loseAnswer(): void;
  /** Somebody else writes the tag. */
  put(letter: string): void;
  /** What the tag held, oldest first, and of which run. */
  history(): readonly (readonly [letter: string, run_id: string | null])[];
}

/** A lock, made anew for each call as after a kill, and a registry that holds one tag. */
function withLock(name: string, test: (setup: Setup) => Promise<void>): Promise<void> {
  return runInDurableObject(TAG_LOCKS.getByName(`tag-lock ${name}`), async (_, { storage }) => {
    let tag: Digest | undefined;
    let isLost = false;
    const repository = {
      headManifest: async () => tag && { digest: tag, mediaType: 'x/y', size: 0 },
      pullManifest: async () => undefined,
      pushManifest: async (_: string, { digest }: { digest: Digest }) => {
        tag = digest;
        if (isLost) throw new Error('the answer is lost');
      },
    };
    const services = {
      now: () => 0,
      caller: { sleep: async () => undefined, retry: DEFAULT_RETRY },
      repository: () => repository,
      policy: () => ({}),
      trust: async () => ({}),
    } as unknown as Services;
    const history = () => new TagHistory(storage.sql, 'master');
    const create = () => new TagLock({ kv: prefixed(storage.kv, 'master'), history: history() }, services);
    await test({
      move: async (letter, run_id) => {
        const move: TagMove = {
          repository: REPOSITORY,
          tag: 'master',
          is_latest: false,
          digest: digestOf(letter),
          media_type: 'x/y',
          bytes: new Uint8Array(),
          run_id,
          run_attempt: 1,
          ref: 'refs/heads/master',
          platforms: [],
          children: [],
          narrow: false,
        };
        try {
          const outcome = await create().move(move);
          return outcome.ok ? outcome.value.state : outcome.code;
        } finally {
          isLost = false;
        }
      },
      rollback: async (moved_by) => {
        const outcome = await create().rollback({ repository: REPOSITORY, tag: 'master', moved_by, policy: 'p' });
        if (!outcome.ok) return outcome.code;
        const { state, code, reason } = outcome.value;
        return code === undefined ? state : `${code} ${reason?.slice(0, digestOf('a').length)}`;
      },
      loseAnswer: () => {
        isLost = true;
      },
      put: (letter) => {
        tag = digestOf(letter);
      },
      history: () =>
        history()
          .rows()
          .map(({ digest, run_id }) => [digest.slice(-1), run_id]),
    });
  });
}

describe('TagLock.move', () => {
  it('says what it did, also where the same run asks again', () =>
    withLock('again', async ({ move }) => {
      expect([await move('a', '1'), await move('a', '1')]).toEqual(['set', 'set']);
      expect([await move('b', '2'), await move('b', '2')]).toEqual(['moved', 'moved']);
    }));
  it('says that a run found the tag where it was to be, however often it asks', () =>
    withLock('found', async ({ move, history }) => {
      await move('a', '1');
      expect([await move('a', '2'), await move('a', '2')]).toEqual(['unchanged', 'unchanged']);
      expect(history()).toEqual([['a', '1']]);
    }));
  it('knows its own write whose answer was lost', () =>
    withLock('lost', async ({ move, loseAnswer, history }) => {
      await move('a', '1');
      loseAnswer();
      await expect(move('b', '2')).rejects.toThrow('lost');
      expect(await move('b', '2')).toBe('moved');
      expect(history()).toEqual([
        ['a', '1'],
        ['b', '2'],
      ]);
    }));
  it('gives a write whose answer was lost to its own run, not to the next', () =>
    withLock('lost, next', async ({ move, loseAnswer, history }) => {
      loseAnswer();
      await expect(move('a', '1')).rejects.toThrow('lost');
      expect(await move('a', '2')).toBe('unchanged');
      expect(history()).toEqual([['a', '1']]);
    }));
  it('knows what somebody else wrote', () =>
    withLock('else', async ({ move, put, history }) => {
      put('c');
      await move('a', '1');
      put('d');
      await move('b', '2');
      expect(history()).toEqual([
        ['c', null],
        ['a', '1'],
        ['d', null],
        ['b', '2'],
      ]);
    }));
});

describe('TagLock.rollback', () => {
  it('leaves what another run had put there before', () =>
    withLock('rollback, found', async ({ move, rollback }) => {
      await move('a', '1');
      await move('b', '2');
      await move('b', '3');
      expect(await rollback('3')).toBe('unchanged');
    }));
  it('looks for the image before a move whose answer was lost', () =>
    withLock('rollback, lost', async ({ move, loseAnswer, rollback }) => {
      await move('a', '1');
      loseAnswer();
      await expect(move('b', '2')).rejects.toThrow('lost');
      expect(await rollback('2')).toBe(`IMAGE_NOT_FOUND ${digestOf('a')}`);
    }));
});
