import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when there are several rules', () => {
    it.for<Case>([
      [
        [
          'type=sha',
          'type=raw,value=r',
          'type=ref,event=branch',
          'type=edge',
          'type=match,pattern=.*,value=m',
          'type=pep440,pattern={{raw}},value=2.0',
          'type=semver,pattern={{raw}},value=1.0.0',
          'type=schedule',
        ],
        'refs/heads/main',
        'nightly 2.0 1.0.0 m edge main r sha-860c190',
        { event_name: 'schedule' },
      ],
      [
        ['type=sha,priority=10000', 'type=schedule'],
        'refs/heads/main',
        'sha-860c190 nightly',
        { event_name: 'schedule' },
      ],
      [
        ['type=raw,value=a,priority=5', 'type=raw,value=b,priority=7', 'type=raw,value=c,priority=6'],
        'refs/heads/main',
        'b c a',
      ],
      [['type=raw,value=a,priority=-5', 'type=sha'], 'refs/heads/main', 'sha-860c190 a'],
      [['type=raw,value=a,priority=0', 'type=sha'], 'refs/heads/main', 'sha-860c190 a'],
      [['type=raw,value=z', 'type=raw,value=y', 'type=raw,value=x'], 'refs/heads/main', 'z y x'],
      [['type=pep440,pattern={{version}}', 'type=semver,pattern={{major}}'], 'refs/tags/4.12.7', '4.12.7 4 latest'],
      [['type=semver,pattern={{major}}', 'type=pep440,pattern={{version}}'], 'refs/tags/4.12.7', '4 4.12.7 latest'],
      [['type=raw,value=main', 'type=ref,event=branch', 'type=sha'], 'refs/heads/main', 'main sha-860c190'],
      [['type=raw,value=sha-860c190', 'type=sha'], 'refs/heads/main', 'sha-860c190'],
      [['type=ref,event=branch', 'type=sha,enable=false'], 'refs/heads/main', 'main'],
      [['type=raw,value=A', 'type=raw,value=a'], 'refs/heads/main', 'A a'],
      [['type=raw,value=a/b', 'type=raw,value=a-b'], 'refs/heads/main', 'a-b'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
