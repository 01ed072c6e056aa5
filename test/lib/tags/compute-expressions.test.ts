import { describe, expect, it } from 'vitest';
import { type Case, COMMIT_DATE, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when a rule is enabled on the default branch only', () => {
    it.for<Case>([
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/main', 'x', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', '', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/tags/v1.0.0', '', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/pull/31/merge', '', { event_name: 'pull_request' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'schedule' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'create' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/tags/v1.0.0', 'x', { event_name: 'create' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'discussion' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'issues' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', '', { event_name: 'issue_comment' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/main', 'x', { event_name: 'workflow_dispatch' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/dev', '', { event_name: 'workflow_dispatch' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/tags/main', '', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/x/main', '', { event_name: 'push' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when a rule is enabled elsewhere only', () => {
    it.for<Case>([
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/main', '', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/tags/v1.0.0', 'x', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/pull/31/merge', 'x', { event_name: 'pull_request' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', '', { event_name: 'schedule' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', '', { event_name: 'create' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/tags/v1.0.0', '', { event_name: 'create' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', '', { event_name: 'discussion' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', '', { event_name: 'issues' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'issue_comment' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/main', '', { event_name: 'workflow_dispatch' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/dev', 'x', { event_name: 'workflow_dispatch' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/tags/main', 'x', { event_name: 'push' }],
      ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/x/main', 'x', { event_name: 'push' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when a value, prefix or suffix holds expressions', () => {
    it.for<Case>([
      ['type=raw,value=d-{{is_default_branch}}', 'refs/heads/main', 'd-true'],
      ['type=raw,value=a{{ branch }}b', 'refs/heads/my/branch', 'amy-branchb'],
      ['type=raw,value={{branch}}', 'refs/heads/a=b&c', 'a-x3D-b-amp-c'],
      ['type=raw,value={{{branch}}}', 'refs/heads/a=b&c', 'a-b-c'],
      ['type=raw,value={{branch}}', 'refs/heads/it\'s<x>`"', 'it-x27-s-lt-x-gt-x60-quot-'],
      [
        'type=raw,value=x{{base_ref}}y',
        'refs/pull/31/merge',
        'xrelease-2y',
        { event_name: 'pull_request', base_ref: 'release/2' },
      ],
      ['type=raw,value=x{{base_ref}}y', 'refs/heads/main', 'xy', { base_ref: 'refs/heads/dev' }],
      ['type=raw,value=x{{base_ref}}y', 'refs/tags/v1.0.0', 'xdevy', { base_ref: 'refs/heads/dev' }],
      ['type=raw,value=x{{base_ref}}y', 'refs/tags/v1.0.0', 'xy'],
      ["type=raw,value={{date 'YYYY'}}{{date 'MM'}}", 'refs/heads/main', '202402'],
      ["type=raw,value={{date 'YYYYMMDD' tz='America/New_York'}}", 'refs/heads/main', '20240229'],
      ["type=raw,value={{date 'YYYYMMDD' tz='Pacific/Kiritimati'}}", 'refs/heads/main', '20240301'],
      ["type=raw,value={{commit_date 'YYYY-MM-DD'}}", 'refs/heads/main', '2023-11-05', { commit_date: COMMIT_DATE }],
      [
        "type=raw,value={{commit_date 'YYYY-MM-DD' tz='Asia/Kolkata'}}",
        'refs/heads/main',
        '2023-11-06',
        { commit_date: COMMIT_DATE },
      ],
      ["type=sha,prefix={{date 'YYYYMMDD'}}-", 'refs/heads/main', '20240229-860c190'],
      ["type=sha,suffix=-{{date 'YYYYMMDD'}}", 'refs/heads/main', 'sha-860c190-20240229'],
      ['type=ref,event=branch,suffix=-{{sha}}', 'refs/heads/my/branch', 'my-branch-860c190'],
      ['type=ref,event=branch,prefix={{branch}}-', 'refs/heads/my/branch', 'my-branch-my-branch'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
