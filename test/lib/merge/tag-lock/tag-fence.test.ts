import { describe, expect, it } from 'vitest';
import { type Fence, fenceMove } from '../../../../src/lib/merge/tag-lock/tag-fence.ts';

const fence: Fence = { run_id: '100', run_attempt: 2, ref: 'refs/tags/v3.0.0', digest: 'sha256:a' };
const move = (changes: object) => ({
  is_latest: false,
  run_id: '100',
  run_attempt: 2,
  ref: 'refs/heads/master',
  ...changes,
});

describe('fenceMove', () => {
  it('lets the first move through', () => {
    expect(fenceMove(undefined, move({}))).toBeUndefined();
  });
  it('lets the same attempt repeat its move', () => {
    expect(fenceMove(fence, move({}))).toBeUndefined();
  });
  it('refuses an older attempt', () => {
    expect(fenceMove(fence, move({ run_attempt: 1 }))).toContain('attempt 2');
  });
  it('refuses an older run', () => {
    expect(fenceMove(fence, move({ run_id: '99' }))).toContain('run 100');
  });
  it('compares run ids as numbers', () => {
    expect(fenceMove({ ...fence, run_id: '99' }, move({ run_id: '100' }))).toBeUndefined();
  });
  it('compares run ids beyond safe integers', () => {
    expect(fenceMove({ ...fence, run_id: '9007199254740993' }, move({ run_id: '9007199254740992' }))).toBeDefined();
  });

  describe('when latest would go from a release to another', () => {
    const latest = (ref: string) => move({ is_latest: true, run_id: '101', ref });
    it('refuses the lower version, though its run is newer', () => {
      expect(fenceMove(fence, latest('refs/tags/v2.9.1'))).toContain('v3.0.0');
    });
    it('takes the higher one', () => {
      expect(fenceMove(fence, latest('refs/tags/v3.0.1'))).toBeUndefined();
    });
    it('knows that a prerelease comes before its release', () => {
      expect(fenceMove(fence, latest('refs/tags/v3.0.0-rc.1'))).toBeDefined();
    });
    it('leaves other tags to the order of runs', () => {
      expect(fenceMove(fence, move({ run_id: '101', ref: 'refs/tags/v2.9.1' }))).toBeUndefined();
    });
    it('leaves branches to the order of runs', () => {
      expect(fenceMove(fence, latest('refs/heads/master'))).toBeUndefined();
    });
  });
});
