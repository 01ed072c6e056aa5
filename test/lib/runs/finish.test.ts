import { describe, expect, it } from 'vitest';
import type { ArriveRequest } from '../../../src/lib/merge/arrivals/reports.ts';
import type { Loan } from '../../../src/lib/merge/signing/loan.ts';
import type { MergeOutcome, MergeView } from '../../../src/lib/merge/state.ts';
import { type FinishRequest, finishRun } from '../../../src/lib/runs/finish.ts';
import type { RunRow } from '../../../src/lib/runs/run-store.ts';
import { makePlanned, makeRow, makeSummary } from './make.ts';

const token: Loan = { kind: 'token', token: 'canary', signer: 's' };
const shared: Loan = { kind: 'none', reason: 'shared' };
const complete = makeRow('-c', { summary: makeSummary('-c', { state: 'needs_token', missing: [] }) });
const waiting = makeRow('-w', { summary: makeSummary('-w') });
const planned = makeRow('-p', { planned: makePlanned('-p', ['amd64', 'arm64']) });

/** What each merge was asked, in order. */
async function finish(
  rows: readonly RunRow[],
  request: Partial<FinishRequest> = {},
  refused: readonly string[] = [],
  patience: () => number = () => 1000,
) {
  const asked: string[] = [];
  const answer = (suffix: string): MergeOutcome =>
    refused.includes(suffix)
      ? { ok: false, code: 'SOURCE_NOT_FOUND', detail: 'x' }
      : { ok: true, value: { tag_suffix: suffix } as MergeView };
  const finished = await finishRun(
    { project: 'p', run_id: '1', run_attempt: 1, arrivals: [], loan: token, ...request },
    {
      rows: () => rows,
      arrive: async (suffix, { loan }) => {
        asked.push(`arrive ${suffix} ${loan.kind}`);
        return answer(suffix);
      },
      lend: async (suffix, loan) => {
        asked.push(`lend ${suffix} ${loan.kind === 'none' ? loan.reason : loan.kind}`);
        return answer(suffix);
      },
      share: async () => {
        asked.push('share');
        return shared;
      },
      patienceMs: patience,
    },
  );
  return { finished, asked };
}
const arrival = (tag_suffix: string) => ({ report: { tag_suffix } }) as ArriveRequest;

describe('finishRun', () => {
  it('asks for one certificate, and lends it to every merge', async () => {
    expect((await finish([complete, waiting])).asked).toEqual(['share', 'lend -c shared', 'lend -w shared']);
  });
  it('asks for none where nothing can be signed', async () => {
    expect((await finish([waiting])).asked).toEqual(['lend -w token']);
  });
  it('takes the reports first, without the token', async () => {
    const { asked } = await finish([complete], { arrivals: [arrival('-c')] });
    expect(asked).toEqual(['arrive -c none', 'share', 'lend -c shared']);
  });
  it('finishes only the merges that are named', async () => {
    const { finished } = await finish([complete, waiting], { tag_suffixes: ['-w', '-w'] });
    expect(finished.map(({ tag_suffix }) => tag_suffix)).toEqual(['-w']);
  });
  it('says what is missing of a merge that is only planned', async () => {
    expect((await finish([planned])).finished).toEqual([{ tag_suffix: '-p', missing: ['amd64', 'arm64'] }]);
  });
  it('knows nothing of a merge that nobody planned', async () => {
    expect((await finish([], { tag_suffixes: ['-x'] })).finished).toEqual([{ tag_suffix: '-x' }]);
  });
  it('leaves alone what has no turn before the caller’s time is over', async () => {
    let left = 2;
    const { finished, asked } = await finish([complete, waiting], {}, [], () => left--);
    expect(asked).toEqual(['share', 'lend -c shared']);
    expect(finished).toMatchObject([
      { tag_suffix: '-c', outcome: { ok: true } },
      { tag_suffix: '-w', isLate: true },
    ]);
  });
  it('lends to no merge whose report was not taken in time', async () => {
    const { finished, asked } = await finish([complete], { arrivals: [arrival('-c')] }, [], () => 0);
    expect([finished, asked]).toEqual([[{ tag_suffix: '-c', isLate: true }], []]);
  });
  it('answers a merge whose report was refused with the refusal', async () => {
    const { finished } = await finish([complete], { arrivals: [arrival('-c')] }, ['-c']);
    expect(finished).toEqual([{ tag_suffix: '-c', outcome: { ok: false, code: 'SOURCE_NOT_FOUND', detail: 'x' } }]);
  });
});
