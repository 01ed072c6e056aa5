import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the ref is a tag', () => {
    it.for<Case>([
      ['type=match,pattern=\\d+\\.\\d+\\.\\d+', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=match,pattern=v(.*)', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=match,pattern=v(.*),group=1', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=match,pattern=v(.*),group=1', 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2 latest'],
      ['type=match,pattern=v(\\d+)\\.(\\d+),group=2', 'refs/tags/v4.12.7', '12 latest'],
      ['type=match,pattern=v(\\d+)\\.(\\d+),group=3', 'refs/tags/v4.12.7', ''],
      ['type=match,pattern=v(\\d+)(-rc)?,group=2', 'refs/tags/v4.12.7', ''],
      ['type=match,pattern=\\d+', 'refs/tags/20240229-RC2', '20240229 latest'],
      ['type=match,pattern=\\d+', 'refs/tags/build', ''],
      ['type=match,pattern=^\\d+$', 'refs/tags/20240229-RC2', ''],
      ['type=match,pattern=/v(.*)/,group=1', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=match,pattern=/rc(\\d)/i,group=1', 'refs/tags/20240229-RC2', '2 latest'],
      ['type=match,pattern=rc(\\d),group=1', 'refs/tags/20240229-RC2', ''],
      ['type=match,pattern=/\\d+/g,group=1', 'refs/tags/v4.12.7', '12 latest'],
      ['type=match,pattern=/\\d+/g', 'refs/tags/v4.12.7', '4 latest'],
      ['type=match,pattern=/\\d+/g,group=3', 'refs/tags/v4.12.7', ''],
      ['type=match,pattern=api/v(\\d.\\d),group=1', 'refs/tags/api/v4.2', '4.2 latest'],
      ['type=match,pattern=.*', 'refs/tags/api/v4.2', 'api-v4.2 latest'],
      ['type=match,pattern=[a-z]+', 'refs/tags/UPPER-lower', 'lower latest'],
      ['type=match,pattern=x*,prefix=p,suffix=s', 'refs/tags/v4', 'ps latest'],
      ['type=match,pattern=x*', 'refs/tags/v4', ''],
      [
        ['type=match,pattern=v(.*),group=1', 'type=match,pattern=v(\\d+),group=1'],
        'refs/tags/v4.12.7',
        '4.12.7 4 latest',
      ],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the ref is no tag, or the rule has a value', () => {
    it.for<Case>([
      ['type=match,pattern=v(.*),group=1', 'refs/heads/v4.12.7', ''],
      ['type=match,pattern=v(.*),group=1', 'refs/pull/31/merge', ''],
      ['type=match,pattern=v(.*),group=1,value=v8.1', 'refs/heads/main', '8.1 latest'],
      ['type=match,pattern=release-(.*),group=1,value={{branch}}', 'refs/heads/release-8.1', '8.1 latest'],
      ['type=match,pattern=release-(.*),group=1,value={{branch}}', 'refs/heads/main', ''],
      ['type=match,pattern=v(.*),group=1,value=', 'refs/tags/v4.12.7', '4.12.7 latest'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
