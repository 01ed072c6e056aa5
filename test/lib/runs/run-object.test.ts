import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../src/lib/merge/journal.ts';
import type { MergeRecord } from '../../../src/lib/merge/types.ts';
import { mergeName, runIndexOf, runName } from '../../../src/lib/runs/names.ts';
import type { PlannedMerge } from '../../../src/lib/runs/types.ts';
import { makeArrival, makeRecord } from '../merge/make.ts';
import { makePlanned, makeSummary } from './make.ts';

const DAY = 86_400_000;
let runId = 100;
let run: ReturnType<typeof env.RUNS.getByName>;

beforeEach(() => {
  runId += 1;
  run = env.RUNS.getByName(runName('localai', String(runId)));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const mergeOf = (suffix: string) => env.MERGES.getByName(mergeName('localai', String(runId), suffix));
const later = (ms: number) => {
  const now = Date.now() + ms;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
};
const plan = (merges: PlannedMerge[], run_attempt = 1) => run.plan({ run_attempt, ref: 'r', sha: 's', merges });
const admit = (tag_suffix: string, platform_tag = 'amd64', run_attempt = 1) =>
  run.admit({ tag_suffix, platform_tag, run_attempt, plan_required: false });

function tablesOf(stub: typeof run | ReturnType<typeof mergeOf>) {
  const query = "SELECT name FROM sqlite_master WHERE name NOT LIKE '_cf_%'";
  return runInDurableObject(stub as typeof run, (_, { storage }) => storage.sql.exec(query).toArray());
}

/** A merge of which amd64 has arrived, as its object and the run know it. */
async function arrive(suffix: string, changes: Partial<MergeRecord> = {}): Promise<void> {
  const record = makeRecord({ tag_suffix: suffix, arrivals: [makeArrival('amd64', 'a')], ...changes });
  const subject = { ...record.subject, run_id: String(runId) };
  const merge = mergeOf(suffix);
  await runInDurableObject(merge, (_, state) => new Journal(state.storage.sql).store({ ...record, subject }));
  await run.note(makeSummary(suffix));
}

describe('RunObject', () => {
  it('keeps nothing of a run that is only asked for', async () => {
    expect(await run.view()).toBeNull();
    expect(await tablesOf(run)).toEqual([]);
  });

  describe('when there is a plan', () => {
    it('admits what is planned, with what the plan says of it', async () => {
      await plan([{ ...makePlanned('-a'), narrow: true }]);
      expect(await admit('-a')).toMatchObject({
        ok: true,
        value: { planned: { platform_tags: ['amd64'], narrow: true }, cancelled: false },
      });
    });
    it.each([
      ['a suffix that is not planned', '-a-b', 'amd64'],
      ['a leg that is not planned', '-a', 'arm64'],
    ])('refuses %s', async (_, suffix, leg) => {
      await plan([makePlanned('-a')]);
      expect(await admit(suffix, leg)).toMatchObject({ ok: false, code: 'NOT_PLANNED' });
    });
    it('outlasts an eviction', async () => {
      await plan([makePlanned('-a')]);
      await evictDurableObject(run);
      expect(await run.view()).toMatchObject({ planned: true, counts: { waiting: 1 } });
    });
    it('ignores the plan of an older attempt', async () => {
      await plan([makePlanned('-a')], 2);
      expect(await plan([makePlanned('-b')], 1)).toEqual({ kind: 'older', run_attempt: 2 });
      expect(await admit('-b')).toMatchObject({ ok: false });
    });
    it('changes nothing where the next plan is in conflict with what arrived', async () => {
      await plan([makePlanned('-a')]);
      await arrive('-a');
      expect(await plan([makePlanned('-b')])).toMatchObject({ kind: 'conflict' });
      expect(await admit('-b')).toMatchObject({ ok: false });
    });
  });

  describe('when the plan comes after legs', () => {
    it('tells the merge what it has to wait for', async () => {
      await arrive('-a', { expectation: { platform_tags: ['amd64'], authority: 'report' } });
      await plan([{ ...makePlanned('-a', ['amd64', 'arm64', 'riscv64']), tag_latest: 'true' }]);
      expect(await mergeOf('-a').view()).toMatchObject({ state: 'waiting', missing: ['arm64', 'riscv64'] });
      expect((await run.view())?.merges[0]?.missing).toEqual(['arm64', 'riscv64']);
    });
    it('tells a merge that spoke while the plan came, by the alarm', async () => {
      await arrive('-a');
      await plan([makePlanned('-a', ['amd64', 'riscv64'])]);
      await run.note(makeSummary('-a', { expected: ['amd64', 'arm64'] }));
      await runDurableObjectAlarm(run);
      expect((await run.view())?.merges[0]?.expected).toEqual(['amd64', 'riscv64']);
    });
  });

  describe('when it is cancelled', () => {
    it('stops what is unfinished', async () => {
      await arrive('-a');
      expect(await run.cancel()).toMatchObject({ cancelled: true, counts: { cancelled: 1 } });
      expect((await mergeOf('-a').view())?.state).toBe('cancelled');
    });
    it('stops what is yet to come of the attempt', async () => {
      await arrive('-a');
      await run.cancel();
      expect(await admit('-b')).toMatchObject({ value: { cancelled: true } });
    });
    it('goes on with everything when a newer attempt comes', async () => {
      await arrive('-a');
      await run.cancel();
      expect(await admit('-b', 'amd64', 2)).toMatchObject({ value: { cancelled: false } });
      await runDurableObjectAlarm(run);
      expect((await mergeOf('-a').view())?.state).toBe('waiting');
    });
    it('stays so for the same attempt', async () => {
      await arrive('-a');
      await run.cancel();
      await run.resume(1);
      expect((await run.view())?.cancelled).toBe(true);
    });
    it('does not know a run of which nothing came', async () => {
      expect(await run.cancel()).toBeNull();
    });
  });

  it('shows a merge overdue whose leg has not come for twelve hours, until it does', async () => {
    const created_at = Date.now() - 12 * 3_600_000;
    await arrive('-a', { created_at });
    expect(await mergeOf('-a').view()).toMatchObject({
      state: 'waiting',
      overdue: true,
      reason: expect.stringMatching(/^overdue: arm64 had not arrived by /),
    });
    await arrive('-a', { created_at, arrivals: [makeArrival('amd64', 'a'), makeArrival('arm64', 'b')] });
    expect(await mergeOf('-a').view()).not.toHaveProperty('overdue');
  });

  it('reports to the index soon after something happened', async () => {
    await run.note(makeSummary('-a', { deadline: new Date(Date.now() - 1).toISOString() }));
    await runDurableObjectAlarm(run);
    expect((await runIndexOf(env).overview()).runs.overdue).toContainEqual({
      project: 'localai',
      run_id: String(runId),
      tag_suffix: '-a',
      missing: ['arm64'],
    });
  });

  it('wakes a merge that stopped at work, and has no alarm', async () => {
    await arrive('-a', { arrivals: [makeArrival('amd64', 'a'), makeArrival('arm64', 'b')] });
    await runInDurableObject(mergeOf('-a'), (_, { storage }) => {
      for (const step of ['read', 'sign'] as const) {
        new Journal(storage.sql).begin(1, { step, target: '' }, 0);
        new Journal(storage.sql).succeed(1, { step, target: '' }, { signed_at: 0 }, 0);
      }
    });
    await run.note(makeSummary('-a', { state: 'retrying', missing: [] }));
    expect(await run.tend()).toEqual({ woken: 0 });
    later(16 * 60_000);
    expect(await run.tend()).toEqual({ woken: 1 });
    expect(await runDurableObjectAlarm(mergeOf('-a'))).toBe(true);
    // No target has a credential here, so the release is all that is left.
    expect((await mergeOf('-a').view())?.steps.at(-1)).toMatchObject({ step: 'release', state: 'done' });
  });

  describe('when its time is over', () => {
    it('is gone with its merges', async () => {
      await arrive('-a');
      await run.tend();
      later(35 * DAY + 1);
      await run.tend();
      expect([await run.view(), await mergeOf('-a').view()]).toEqual([null, null]);
      expect(await runIndexOf(env).openRuns()).not.toContainEqual({ project: 'localai', run_id: String(runId) });
    });
    it('leaves no storage', async () => {
      await arrive('-a');
      later(35 * DAY + 1);
      await run.tend();
      expect([await tablesOf(run), await tablesOf(mergeOf('-a'))]).toEqual([[], []]);
    });
    it('takes a new report like any other', async () => {
      await arrive('-a');
      later(35 * DAY + 1);
      await run.tend();
      await arrive('-a');
      expect((await run.view())?.counts).toEqual({ waiting: 1 });
    });
    it('is kept while something happens in it', async () => {
      await arrive('-a');
      later(34 * DAY);
      await run.note(makeSummary('-a'));
      later(34 * DAY);
      await run.tend();
      expect(await run.view()).not.toBeNull();
    });
  });
});
