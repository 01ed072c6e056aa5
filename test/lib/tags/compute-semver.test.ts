import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the ref is a tag', () => {
    it.for<Case>([
      ['type=semver,pattern={{raw}}', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{major}}', 'refs/tags/v4.12.7', '4 latest'],
      ['type=semver,pattern={{minor}}', 'refs/tags/v4.12.7', '12 latest'],
      ['type=semver,pattern={{patch}}', 'refs/tags/v4.12.7', '7 latest'],
      ['type=semver,pattern={{major}}.{{minor}}', 'refs/tags/v4.12.7', '4.12 latest'],
      ['type=semver,pattern=v{{major}}', 'refs/tags/v4.12.7', 'v4 latest'],
      ['type=semver,pattern=v{{major}}.{{minor}}.{{patch}}', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=semver,pattern={{major}}-{{raw}}', 'refs/tags/v4.12.7', '4-v4.12.7 latest'],
      ['type=semver,pattern={{ version }}', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{{raw}}}', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=semver,pattern=release-{{major}}{{minor}}', 'refs/tags/v4.12.7', 'release-412 latest'],
      ['type=semver,pattern={{raw}}', 'refs/tags/v4.13.0-rc.2', 'v4.13.0-rc.2'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2'],
      ['type=semver,pattern={{major}}', 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2'],
      ['type=semver,pattern={{major}}.{{minor}}', 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2'],
      ['type=semver,pattern={{{raw}}}', 'refs/tags/v4.13.0-rc.2', 'v4.13.0-rc.2'],
      ['type=semver,pattern=x{{raw}}', 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2'],
      ['type=semver,pattern={{ raw }}', 'refs/tags/v4.13.0-rc.2', 'v4.13.0-rc.2'],
      ['type=semver,pattern={{version}}', 'refs/tags/4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{raw}}', 'refs/tags/4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{version}}', 'refs/tags/V4.12.7', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/v4', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/v04.1.2', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7.1', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/release-4.12.7', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/release/4.12.7', ''],
      ['type=semver,pattern={{version}}', 'refs/tags/nightly', ''],
      ['type=semver,pattern={{major}}', 'refs/tags/v0.3.1', '0 latest'],
      ['type=semver,pattern={{version}}', 'refs/tags/v0.0.0', '0.0.0 latest'],
      ['type=semver,pattern={{raw}}', 'refs/tags/v4.12.7+cu126', 'v4.12.7-cu126 latest'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7+cu126', '4.12.7 latest'],
      ['type=semver,pattern={{major}}.{{minor}}', 'refs/tags/v4.12.7+cu126', '4.12 latest'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7-alpha.1+b5', '4.12.7-alpha.1'],
      ['type=semver,pattern={{raw}}', 'refs/tags/v4.12.7-alpha.1+b5', 'v4.12.7-alpha.1-b5'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7-0', '4.12.7-0'],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7-x/y', '4.12.7-x-y'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the ref is no tag', () => {
    it.for<Case>([
      ['type=semver,pattern={{version}}', 'refs/heads/main', ''],
      ['type=semver,pattern={{version}}', 'refs/heads/v4.12.7', ''],
      ['type=semver,pattern={{version}}', 'refs/pull/31/merge', ''],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the rule has a value, or a match', () => {
    it.for<Case>([
      ['type=semver,pattern={{version}},value=v2.3.4', 'refs/heads/main', '2.3.4 latest'],
      ['type=semver,pattern={{raw}},value=v2.3.4', 'refs/tags/v9.9.9', 'v2.3.4 latest'],
      ['type=semver,pattern={{version}},value=', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{version}},value={{tag}}', 'refs/tags/v4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{version}},value={{branch}}', 'refs/heads/3.1.4', '3.1.4 latest'],
      ['type=semver,pattern={{version}},value={{branch}}', 'refs/heads/main', ''],
      ['type=semver,pattern={{version}},value={{tag}}', 'refs/heads/main', ''],
      ['type=semver,pattern={{version}},match=server/(.*)', 'refs/tags/server/v1.6.0', '1.6.0 latest'],
      ['type=semver,pattern={{raw}},match=server/(.*)', 'refs/tags/server/v1.6.0', 'v1.6.0 latest'],
      [
        'type=semver,pattern={{major}}.{{minor}},match=server/v(\\d+\\.\\d+\\.\\d+)$',
        'refs/tags/server/v1.6.0',
        '1.6 latest',
      ],
      ['type=semver,pattern={{version}},match=client/(.*)', 'refs/tags/server/v1.6.0', ''],
      ['type=semver,pattern={{version}},match=client/(.*)', 'refs/tags/v1.6.0', '1.6.0 latest'],
      ['type=semver,pattern={{version}},match=/v(.*)/', 'refs/tags/v1.6.0', '1.6.0 latest'],
      ['type=semver,pattern={{version}},value=lib/v7.0.1,match=lib/v(.*)', 'refs/heads/main', '7.0.1 latest'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when there are several rules, or prefixes', () => {
    it.for<Case>([
      [
        ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}', 'type=semver,pattern={{major}}'],
        'refs/tags/v4.12.7',
        '4.12.7 4.12 4 latest',
      ],
      [
        ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}', 'type=semver,pattern={{major}}'],
        'refs/tags/v4.13.0-rc.2',
        '4.13.0-rc.2',
      ],
      [['type=semver,pattern={{version}}', 'type=semver,pattern={{raw}}'], 'refs/tags/4.12.7', '4.12.7 latest'],
      ['type=semver,pattern={{version}},prefix=v', 'refs/tags/v4.12.7', 'v4.12.7 latest'],
      ['type=semver,pattern={{version}},suffix=-slim', 'refs/tags/v4.12.7', '4.12.7-slim latest'],
      ['type=semver,pattern={{version}},prefix={{sha}}-', 'refs/tags/v4.12.7', '860c190-4.12.7 latest'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
