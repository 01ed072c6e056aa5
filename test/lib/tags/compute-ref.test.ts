import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the event is a branch', () => {
    it.for<Case>([
      ['type=ref,event=branch', 'refs/heads/main', 'main'],
      ['type=ref,event=branch', 'refs/heads/dev', 'dev'],
      ['type=ref,event=branch', 'refs/heads/Feature/ABC', 'Feature-ABC'],
      ['type=ref,event=branch', 'refs/heads/my/branch', 'my-branch'],
      ['type=ref,event=branch', 'refs/heads/my/feature#1245', 'my-feature-1245'],
      ['type=ref,event=branch', 'refs/heads/a  b', 'a-b'],
      ['type=ref,event=branch', 'refs/heads/dependabot/npm_and_yarn/x-1.2', 'dependabot-npm_and_yarn-x-1.2'],
      ['type=ref,event=branch', 'refs/heads/v4.12.7', 'v4.12.7'],
      ['type=ref,event=branch', 'refs/heads/sha-860c190', 'sha-860c190'],
      ['type=ref,event=branch', 'refs/heads/umläut', 'uml-ut'],
      ['type=ref,event=branch', 'refs/heads/a__b..c--d', 'a__b..c--d'],
      ['type=ref,event=branch', 'refs/heads/a&b=c', 'a-b-c'],
      ['type=ref,event=branch', 'refs/heads/trailing/', 'trailing-'],
      ['type=ref,event=branch', 'refs/tags/v4.12.7', ''],
      ['type=ref,event=branch', 'refs/pull/31/merge', ''],
      ['type=ref,event=branch', 'refs/heads/main', 'x-main', { flavor: 'prefix=x-' }],
      ['type=ref,event=branch,prefix=b-,suffix=-e', 'refs/heads/main', 'b-main-e'],
      ['type=ref,event=branch', 'refs/heads/main', 'main', { event_name: 'workflow_dispatch' }],
      ['type=ref,event=branch', 'refs/heads/refs/heads/main', 'refs-heads-main'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the event is a tag', () => {
    it.for<Case>([
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=ref,event=tag', 'refs/tags/v4.13.0-rc.2', 'v4.13.0-rc.2 latest'],
      ['type=ref,event=tag', 'refs/tags/some/tag', 'some-tag latest'],
      ['type=ref,event=tag', 'refs/tags/nightly', 'nightly latest'],
      ['type=ref,event=tag', 'refs/heads/main', ''],
      ['type=ref,event=tag', 'refs/pull/31/merge', ''],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the event is a pull request', () => {
    it.for<Case>([
      ['type=ref,event=pr', 'refs/pull/31/merge', 'pr-31'],
      ['type=ref,event=pr', 'refs/pull/31/head', 'pr-31-head'],
      ['type=ref,event=pr,prefix=', 'refs/pull/31/merge', '31'],
      ['type=ref,event=pr,prefix=pull-', 'refs/pull/31/merge', 'pull-31'],
      ['type=ref,event=pr', 'refs/heads/main', ''],
      ['type=ref,event=pr', 'refs/tags/v4.12.7', ''],
      ['type=ref,event=pr', 'refs/pull/31/merge', 'pr-31', { flavor: 'prefix=x-' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when there is no rule', () => {
    it.for<Case>([
      [[], 'refs/heads/main', 'main'],
      [[], 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      [[], 'refs/pull/31/merge', 'pr-31'],
      [[], 'refs/heads/main', 'nightly main', { event_name: 'schedule' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the rule is edge', () => {
    it.for<Case>([
      ['type=edge', 'refs/heads/main', 'edge'],
      ['type=edge', 'refs/heads/dev', ''],
      ['type=edge,branch=dev', 'refs/heads/dev', 'edge'],
      ['type=edge,branch=dev', 'refs/heads/main', ''],
      ['type=edge,branch=', 'refs/heads/main', 'edge'],
      ['type=edge', 'refs/tags/v4.12.7', ''],
      ['type=edge', 'refs/pull/31/merge', ''],
      ['type=edge,prefix=x-,suffix=-y', 'refs/heads/main', 'x-edge-y'],
      ['type=edge', 'refs/heads/main', 'edge', { event_name: 'workflow_dispatch' }],
      ['type=edge', 'refs/heads/dev', '', { event_name: 'schedule' }],
      [['type=edge', 'type=ref,event=branch', 'type=sha'], 'refs/heads/main', 'edge main sha-860c190'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
