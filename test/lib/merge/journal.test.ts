import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/lib/merge/flow.ts';
import { Journal } from '../../../src/lib/merge/journal.ts';
import type { MergeRecord } from '../../../src/lib/merge/types.ts';
import { makeRecord } from './make.ts';

/** A journal of its own, in an object that nobody else uses. */
function withJournal<Value>(work: (journal: Journal) => Value): Promise<Value> {
  const stub = env.MERGES.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_, { storage }) => work(new Journal(storage.sql)));
}
const READ: Task = { step: 'read', target: '' };
const SIGN: Task = { step: 'sign', target: '' };
const TAG: Task = { step: 'tag', target: 'a.test/x' };
const PUSH: Task = { step: 'push', target: 'a.test/x' };

function succeed(journal: Journal, task: Task, result: object = {}): void {
  journal.begin(1, task, 0);
  journal.succeed(1, task, result, 1);
}
const stepsOf = (journal: Journal) => journal.entries(1).map(({ step }) => step);

describe('Journal', () => {
  it('knows nothing before something is stored', async () => {
    expect(await withJournal((journal) => [journal.load(), journal.entries(1)])).toEqual([undefined, []]);
  });
  it('keeps a step with its result', async () => {
    const entries = await withJournal((journal) => {
      journal.store(makeRecord());
      succeed(journal, READ, { digest: 'x' });
      return journal.entries(1);
    });
    expect(entries).toEqual([{ ...READ, state: 'done', started_at: 0, ended_at: 1, result: { digest: 'x' } }]);
  });

  it('shows each write at once', async () => {
    const states = await withJournal((journal) => {
      journal.store(makeRecord());
      const seen = () => journal.entries(1).map(({ state }) => state);
      const before = seen();
      journal.begin(1, READ, 0);
      const begun = seen();
      journal.fail(1, READ, { code: 'X', detail: 'x', tries: 1 }, 1);
      const failed = seen();
      journal.forgive(1);
      const forgiven = seen();
      succeed(journal, READ);
      return [before, begun, failed, forgiven, seen()];
    });
    expect(states).toEqual([[], ['running'], ['failed'], [], ['done']]);
  });

  it('remembers what another one would read', async () => {
    const stub = env.MERGES.getByName(crypto.randomUUID());
    const pairs = await runInDurableObject(stub, (_, { storage }) => {
      const journal = new Journal(storage.sql);
      const look = () => {
        const restarted = new Journal(storage.sql);
        return [journal, restarted].map((one) => [one.load(), one.entries(1), one.nextRetry(1)]);
      };
      const failure = { code: 'X', detail: 'x', tries: 1, retry_at: 7 };
      const writes = [
        () => journal.store({ ...makeRecord(), token_refused: undefined } as unknown as MergeRecord),
        () => journal.begin(1, READ, 3),
        () => journal.begin(1, SIGN, 2),
        () => journal.succeed(1, READ, { digest: 'x', left_out: undefined }, 4),
        () => journal.fail(1, SIGN, failure, 5),
        () => journal.begin(1, SIGN, 6),
        () => journal.succeed(1, SIGN, {}, 8),
        () => journal.fail(1, PUSH, failure, 9),
        () => journal.forgive(1),
        () => journal.store(makeRecord({ run_attempt: 2 })),
        () => journal.forget(),
      ];
      return writes.map((write) => {
        write();
        return look();
      });
    });
    for (const [remembered, read] of pairs) expect(remembered).toStrictEqual(read);
    expect(pairs.at(-1)?.[1]?.[1]).toHaveLength(2);
  });

  describe('forgive', () => {
    it('lets what failed be tried again, and keeps what is done', async () => {
      const steps = await withJournal((journal) => {
        journal.store(makeRecord());
        succeed(journal, READ);
        journal.begin(1, SIGN, 0);
        journal.fail(1, SIGN, { code: 'X', detail: 'x', tries: 1 }, 1);
        journal.forgive(1);
        return stepsOf(journal);
      });
      expect(steps).toEqual(['read']);
    });
    it('does all again that writes, where a tag was held', async () => {
      const steps = await withJournal((journal) => {
        journal.store(makeRecord());
        for (const task of [READ, SIGN, PUSH]) succeed(journal, task);
        succeed(journal, TAG, { tags: [{ name: 'x', state: 'held' }] });
        succeed(journal, { step: 'release', target: '' });
        journal.forgive(1);
        return stepsOf(journal);
      });
      expect(steps).toEqual(['read', 'sign']);
    });
    it('leaves tags alone that were moved', async () => {
      const steps = await withJournal((journal) => {
        journal.store(makeRecord());
        succeed(journal, TAG, { tags: [{ name: 'x', state: 'moved' }] });
        journal.forgive(1);
        return stepsOf(journal);
      });
      expect(steps).toEqual(['tag']);
    });
  });
});
