import type { RunRecord, RunRow } from '../../../src/lib/runs/run-store.ts';
import type { PlannedMerge, RunSummary } from '../../../src/lib/runs/types.ts';

/** A merge of a plan that is not special in any way. */
export function makePlanned(tag_suffix: string, platform_tags: readonly string[] = ['amd64']): PlannedMerge {
  return { tag_suffix, platform_tags, tag_latest: 'auto', narrow: false };
}

/** What a merge of two legs says, of which one has arrived. */
export function makeSummary(tag_suffix: string, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    tag_suffix,
    state: 'waiting',
    expected: ['amd64', 'arm64'],
    arrived: ['amd64'],
    missing: ['arm64'],
    ref: 'refs/heads/master',
    sha: '5d0b549049d4f2f7f2a4e1cb4a6f2c0b3c0f1a2b',
    run_attempt: 1,
    ...changes,
  };
}

export function makeRow(tag_suffix: string, changes: Partial<RunRow> = {}): RunRow {
  return { tag_suffix, planned: undefined, summary: undefined, told: true, noted_at: 0, woken_at: 0, ...changes };
}

export function makeRunRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return { project: 'localai', run_id: '4242', touched_at: 0, ...changes };
}
