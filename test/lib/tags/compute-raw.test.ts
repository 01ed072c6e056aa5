import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the rule is raw', () => {
    it.for<Case>([
      ['type=raw,value=foo', 'refs/heads/main', 'foo'],
      ['type=raw,foo', 'refs/heads/main', 'foo'],
      ['foo', 'refs/heads/main', 'foo'],
      ['foo', 'refs/tags/v1', 'foo'],
      ['foo', 'refs/pull/31/merge', 'foo'],
      ['type=raw,value=FOO bar', 'refs/heads/main', 'FOO-bar'],
      ['type=raw,value=a@b:c', 'refs/heads/main', 'a-b-c'],
      ['type=raw,value=', 'refs/heads/main', ''],
      ['type=raw,value=,prefix=a,suffix=b', 'refs/heads/main', 'ab'],
      ['type=raw,value=foo,enable=false', 'refs/heads/main', ''],
      ['type=raw,value=foo,enable=true', 'refs/heads/main', 'foo'],
      [['type=raw,value=b', 'type=raw,value=a', 'type=raw,value=b'], 'refs/heads/main', 'b a'],
      ['type=raw,value=x-{{branch}}-{{sha}}', 'refs/heads/my/branch', 'x-my-branch-860c190'],
      ['type=raw,value={{tag}}', 'refs/tags/v4.12.7', 'v4.12.7'],
      ['type=raw,value={{tag}}', 'refs/heads/main', ''],
      ['type=raw,value={{branch}}', 'refs/tags/v4.12.7', ''],
      ['type=raw,value=latest', 'refs/heads/main', 'latest'],
      ['type=raw,value=latest', 'refs/heads/main', 'latest', { flavor: 'latest=false' }],
      ['type=raw,value=a=b', 'refs/heads/main', 'a-b'],
      ['TYPE=raw,Value=Foo', 'refs/heads/main', 'Foo'],
      [' type = raw , value = foo ', 'refs/heads/main', 'foo'],
      ['value=foo', 'refs/heads/main', 'foo'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the rule is sha', () => {
    it.for<Case>([
      ['type=sha', 'refs/heads/main', 'sha-860c190'],
      ['type=sha,format=long', 'refs/heads/main', 'sha-860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f'],
      ['type=sha,format=short', 'refs/heads/main', 'sha-860c190'],
      ['type=sha,prefix=', 'refs/heads/main', '860c190'],
      ['type=sha,prefix=git-', 'refs/heads/main', 'git-860c190'],
      ['type=sha,prefix=,format=long', 'refs/tags/v1', '860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f'],
      ['type=sha,suffix=-x', 'refs/heads/main', 'sha-860c190-x'],
      ['type=sha', 'refs/pull/31/merge', 'sha-860c190'],
      ['type=sha', 'refs/tags/v4.12.7', 'sha-860c190'],
      ['type=sha', 'refs/heads/main', 'sha-860c190', { flavor: 'prefix=x-' }],
      ['type=sha,prefix={{branch}}-', 'refs/heads/my/branch', 'my-branch-860c190'],
      ['type=sha', 'refs/heads/main', 'sha-860c190f3a5d', { short_sha_length: 12 }],
      ['type=sha', 'refs/heads/main', 'sha-860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f', { short_sha_length: 64 }],
      ['type=raw,value={{sha}}', 'refs/heads/main', '860c190f3a', { short_sha_length: 10 }],
      [
        'type=sha,format=long',
        'refs/heads/main',
        'sha-860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f',
        { short_sha_length: 10 },
      ],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
