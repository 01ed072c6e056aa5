import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the ref is a tag', () => {
    it.for<Case>([
      ['type=pep440,pattern={{raw}}', 'refs/tags/v2.7.1', 'v2.7.1 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/v2.7.1', '2.7.1 latest'],
      ['type=pep440,pattern={{major}}', 'refs/tags/v2.7.1', '2 latest'],
      ['type=pep440,pattern={{minor}}', 'refs/tags/v2.7.1', '7 latest'],
      ['type=pep440,pattern={{patch}}', 'refs/tags/v2.7.1', '1 latest'],
      ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/v2.7.1', '2.7 latest'],
      ['type=pep440,pattern=v{{major}}', 'refs/tags/v2.7.1', 'v2 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1rc3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1.post2', '2.7.1.post2'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1-4', '2.7.1.post4'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1beta2', '2.7.1b2'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1a1', '2.7.1a1'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1alpha', '2.7.1a0'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1.c5', '2.7.1rc5'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1preview6', '2.7.1rc6'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1.pre7', '2.7.1rc7'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1rev8', '2.7.1.post8'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1.r9', '2.7.1.post9'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.0dev4', '2.0.dev4'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1rc3.post1.dev2', '2.7.1rc3.post1.dev2'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1RC3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1_rc_3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1-rc.3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/1!2.7', '1-2.7 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/v2.7.1rc3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1+ubuntu.1', '2.7.1-ubuntu-1 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1+Ubuntu-01', '2.7.1-ubuntu-1 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1rc3+cu12', '2.7.1rc3-cu12'],
      ['type=pep440,pattern={{raw}}', 'refs/tags/2.7.1rc3', '2.7.1rc3'],
      ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/2.7.1rc3', '2.7.1rc3'],
      ['type=pep440,pattern={{raw}}', 'refs/tags/2.7.1.post2', '2.7.1.post2'],
      ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/2.7.1.post2', '2.7.1.post2'],
      ['type=pep440,pattern={{raw}}', 'refs/tags/2.0dev4', '2.0dev4'],
      ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/2.0dev4', '2.0.dev4'],
      ['type=pep440,pattern={{raw}}', 'refs/tags/2.7.1beta02', '2.7.1beta02'],
      ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/2.7.1beta02', '2.7.1b2'],
      ['type=pep440,pattern={{patch}}', 'refs/tags/2.7', '0 latest'],
      ['type=pep440,pattern={{minor}}.{{patch}}', 'refs/tags/2', '0.0 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1.4.5', '2.7.1.4.5 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/02.07', '2.7 latest'],
      ['type=pep440,pattern={{version}}', 'refs/tags/release-2.7', ''],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.1/rc3', '2.7.1rc3'],
      ['type=pep440,pattern={{version}}', 'refs/tags/2.7.x', ''],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the ref is no tag, or the rule has a value or a match', () => {
    it.for<Case>([
      ['type=pep440,pattern={{version}}', 'refs/heads/main', ''],
      ['type=pep440,pattern={{version}},value=3.1', 'refs/heads/main', '3.1 latest'],
      ['type=pep440,pattern={{version}},value=3.1rc1', 'refs/heads/main', '3.1rc1'],
      ['type=pep440,pattern={{version}},match=py/(.*)', 'refs/tags/py/2.7.1', '2.7.1 latest'],
      ['type=pep440,pattern={{version}},match=js/(.*)', 'refs/tags/py/2.7.1', ''],
      ['type=pep440,pattern={{version}},value={{branch}}', 'refs/heads/2.7', '2.7 latest'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
