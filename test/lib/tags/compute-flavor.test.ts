import { describe, expect, it } from 'vitest';
import { type Case, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the flavor says whether there is latest', () => {
    it.for<Case>([
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/heads/main',
        'main latest',
        { flavor: 'latest=true' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.12.7',
        '4.12.7 latest',
        { flavor: 'latest=true' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.13.0-rc.2',
        '4.13.0-rc.2 latest',
        { flavor: 'latest=true' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/heads/main',
        'main',
        { flavor: 'latest=false' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.12.7',
        '4.12.7',
        { flavor: 'latest=false' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.13.0-rc.2',
        '4.13.0-rc.2',
        { flavor: 'latest=false' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/heads/main',
        'main',
        { flavor: 'latest=auto' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.12.7',
        '4.12.7 latest',
        { flavor: 'latest=auto' },
      ],
      [
        ['type=ref,event=branch', 'type=semver,pattern={{version}}'],
        'refs/tags/v4.13.0-rc.2',
        '4.13.0-rc.2',
        { flavor: 'latest=auto' },
      ],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7 latest', { flavor: ['latest=false', 'latest=true'] }],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7', { flavor: 'LATEST=false' }],
      ['type=semver,pattern={{version}}', 'refs/heads/main', '', { flavor: 'latest=true' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the flavor leaves latest to the rules', () => {
    it.for<Case>([
      [['type=sha', 'type=semver,pattern={{version}}'], 'refs/tags/v4.12.7', '4.12.7 sha-860c190 latest'],
      [['type=sha,priority=901', 'type=semver,pattern={{version}}'], 'refs/tags/v4.12.7', 'sha-860c190 4.12.7'],
      [['type=match,pattern=v(.*),group=1', 'type=ref,event=tag'], 'refs/tags/v4.12.7', '4.12.7 v4.12.7 latest'],
      [['type=raw,value=x,priority=2000', 'type=ref,event=tag'], 'refs/tags/v4.12.7', 'x v4.12.7'],
      [['type=semver,pattern={{version}}', 'type=ref,event=tag'], 'refs/tags/v4.13.0-rc.2', '4.13.0-rc.2 v4.13.0-rc.2'],
      [['type=ref,event=tag', 'type=semver,pattern={{version}}'], 'refs/tags/nightly', 'nightly latest'],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });

  describe('when the flavor has a prefix or suffix', () => {
    it.for<Case>([
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'x-v4.12.7 latest', { flavor: 'prefix=x-' }],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'x-v4.12.7 x-latest', { flavor: 'prefix=x-,onlatest=true' }],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7-y latest', { flavor: 'suffix=-y' }],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7-y latest-y', { flavor: 'suffix=-y,onlatest=true' }],
      [
        'type=ref,event=tag',
        'refs/tags/v4.12.7',
        'x-v4.12.7-y x-latest',
        { flavor: ['prefix=x-,onlatest=true', 'suffix=-y,onlatest=false'] },
      ],
      [
        'type=ref,event=tag',
        'refs/tags/v4.12.7',
        'x-v4.12.7-y x-latest-y',
        { flavor: 'prefix=x-,onlatest=true,suffix=-y,onlatest=true' },
      ],
      ['type=ref,event=tag,suffix=', 'refs/tags/v4.12.7', 'v4.12.7 latest-y', { flavor: 'suffix=-y,onlatest=true' }],
      ['type=ref,event=tag,prefix=', 'refs/tags/v4.12.7', 'v4.12.7 latest', { flavor: 'prefix=x-' }],
      [
        'type=ref,event=tag,prefix=p,suffix=s',
        'refs/tags/v4.12.7',
        'pv4.12.7s latest',
        { flavor: ['prefix=x-', 'suffix=-y'] },
      ],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7-b latest', { flavor: ['suffix=-a', 'suffix=-b'] }],
      [
        'type=ref,event=tag',
        'refs/tags/v4.12.7',
        'v4.12.7-b latest-b',
        { flavor: ['suffix=-a,onlatest=true', 'suffix=-b'] },
      ],
      ['type=ref,event=tag', 'refs/tags/v4.12.7', 'v4.12.7-y latest-y', { flavor: 'suffix=+y,onlatest=true' }],
      ['type=ref,event=branch', 'refs/heads/main', '860c190-main', { flavor: 'prefix={{sha}}-' }],
      ['type=semver,pattern={{version}}', 'refs/tags/v4.12.7', 'v4.12.7-4.12.7 latest', { flavor: 'prefix={{tag}}-' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
