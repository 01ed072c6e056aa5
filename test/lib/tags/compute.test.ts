import { describe, expect, it } from 'vitest';
import { computeTags } from '../../../src/lib/tags/compute.ts';
import { codeOf, requestOf, tagsOf } from './run.ts';

const MAIN = 'refs/heads/main';

describe('computeTags', () => {
  it('tells the main tag from the others', () => {
    const { main, partial } = computeTags(requestOf(['type=sha', 'type=raw,value=a', 'type=ref,event=branch'], MAIN));
    expect([main, partial]).toEqual(['main', ['a', 'sha-860c190']]);
  });

  it('leaves latest out of the other tags', () => {
    expect(computeTags(requestOf('type=ref,event=tag', 'refs/tags/v1')).partial).toEqual([]);
  });

  it('names latest once where a rule yields it too', () => {
    expect(tagsOf('latest', MAIN, { flavor: 'latest=true' })).toBe('latest');
  });

  it('gives nothing, and no latest, where no rule yields', () => {
    const run = requestOf('type=ref,event=tag', MAIN, { flavor: 'latest=true' });
    expect(computeTags(run)).toEqual({ main: '', partial: [], tags: [], latest: false, latestTags: [] });
  });

  describe('when tags are to name the latest version', () => {
    it.each([
      [
        'the flavor’s, whatever is around it',
        ['type=semver,pattern={{version}}'],
        'prefix=gpu-,onlatest=true',
        'gpu-latest',
      ],
      ['the flavor’s, without a hyphen', ['type=semver,pattern={{version}}'], 'prefix=gpu,onlatest=true', 'gpulatest'],
      ['a raw one', ['type=sha', 'latest'], 'latest=false', 'latest'],
      ['a raw one with a prefix', ['type=sha', 'type=raw,value=latest,prefix=gpu-'], 'latest=false', 'gpu-latest'],
      ['a raw one that has the word in it', ['type=sha', 'type=raw,value=gpu_latest'], 'latest=false', 'gpu_latest'],
      ['a version’s', ['type=semver,pattern=latest-{{major}}'], 'latest=false', 'latest-2'],
      ['one, though two name it', ['latest'], 'latest=true', 'latest'],
      ['none', ['type=raw,value=latestage', 'type=sha'], 'latest=false,suffix=-latest', ''],
    ])('says which: %s', (_, rules, flavor, latest) => {
      const { latestTags } = computeTags(requestOf(rules, 'refs/tags/v2.0.0', { flavor }));
      expect(latestTags.join(' ')).toBe(latest);
    });
  });

  it('passes over a rule that is off, and decides latest by the next', () => {
    const rules = ['type=semver,pattern={{raw}},enable=false', 'type=sha'];
    expect(tagsOf(rules, 'refs/tags/v1.0.0')).toBe('sha-860c190');
  });

  it('shows a commit of SHA-256 as it does one of SHA-1', () => {
    expect(tagsOf('type=sha', MAIN, { sha: 'ab'.repeat(32) })).toBe('sha-abababa');
  });

  describe('when a tag would be refused by a registry', () => {
    it.each([
      ['begins with a hyphen', 'type=raw,value=-x'],
      ['begins with a dot', 'type=raw,value=.x'],
      ['begins with what becomes a hyphen', 'type=raw,value=/x'],
      ['has 129 characters', `type=raw,value=${'x'.repeat(129)}`],
      ['is its suffix only', 'type=raw,value={{tag}},suffix=-y'],
    ])('refuses one that %s', (_, rule) => {
      expect(codeOf(() => tagsOf(rule, MAIN))).toBe('TAG_INVALID');
    });

    it('refuses it wherever it stands', () => {
      expect(codeOf(() => tagsOf(['type=ref,event=branch', 'type=raw,value=-x'], MAIN))).toBe('TAG_INVALID');
    });

    it('refuses a latest that the suffix makes too long', () => {
      const run = { flavor: 'suffix=x,onlatest=true,latest=true', overrides: { suffix: 'y'.repeat(123) } };
      expect(codeOf(() => tagsOf('type=raw,value=ab', MAIN, run))).toBe('TAG_INVALID');
    });

    it('shows no more of it than its beginning', () => {
      expect(() => tagsOf(`x${'y'.repeat(400)}`, MAIN)).toThrow(/^"xy{139}…" is no valid tag/);
    });

    it('takes one of 128 characters', () => {
      expect(tagsOf(`x${'y'.repeat(127)}`, MAIN)).toHaveLength(128);
    });

    it('takes one that begins with an underscore', () => {
      expect(tagsOf('_x', MAIN)).toBe('_x');
    });
  });

  describe('when an arrival overrides the flavor', () => {
    it('puts its suffix in the place of the flavor’s', () => {
      expect(tagsOf('type=sha', MAIN, { flavor: 'suffix=-a', overrides: { suffix: '-b' } })).toBe('sha-860c190-b');
    });

    it('takes an empty suffix for one', () => {
      expect(tagsOf('type=sha', MAIN, { flavor: 'suffix=-a', overrides: { suffix: '' } })).toBe('sha-860c190');
    });

    it('keeps the flavor’s onlatest', () => {
      const run = { flavor: 'suffix=,onlatest=true', overrides: { suffix: '-b', latest: 'true' } } as const;
      expect(tagsOf('type=sha', MAIN, run)).toBe('sha-860c190-b latest-b');
    });

    it('leaves latest bare where the flavor has no onlatest', () => {
      const run = { overrides: { suffix: '-b', latest: 'true' } } as const;
      expect(tagsOf('type=sha', MAIN, run)).toBe('sha-860c190-b latest');
    });

    it('wins over the flavor’s latest', () => {
      const run = { flavor: 'latest=true', overrides: { latest: 'false' } } as const;
      expect(tagsOf('type=sha', MAIN, run)).toBe('sha-860c190');
    });

    it('leaves latest to the flavor where it says auto', () => {
      const run = { flavor: 'latest=false', overrides: { latest: 'auto' } } as const;
      expect(tagsOf('type=ref,event=tag', 'refs/tags/v1', run)).toBe('v1');
    });

    it('is refused an expression in its suffix', () => {
      expect(codeOf(() => tagsOf('type=sha', MAIN, { overrides: { suffix: '{{sha}}' } }))).toBe('FLAVOR_INVALID');
    });
  });

  describe('when the run lacks what a rule needs', () => {
    it.each(['type=edge', 'type=sha,enable={{is_default_branch}}', 'type=raw,value={{is_not_default_branch}}'])(
      'refuses %s without a default branch',
      (rule) => {
        expect(codeOf(() => tagsOf(rule, MAIN, { default_branch: undefined }))).toBe('TAG_RULE_INVALID');
      },
    );

    it.each(["type=raw,value={{date 'YYYY'}}", "type=raw,value={{commit_date 'YYYY'}}"])(
      'refuses %s without a time',
      (rule) => {
        expect(codeOf(() => tagsOf(rule, MAIN, { now: undefined }))).toBe('TAG_RULE_INVALID');
      },
    );

    it.each([
      ['type=edge,branch=main', 'edge'],
      ['type=sha,enable=true', 'sha-860c190'],
    ])('takes %s without a default branch', (rule, tags) => {
      expect(tagsOf(rule, MAIN, { default_branch: undefined })).toBe(tags);
    });

    it('needs no default branch to know that a tag is none', () => {
      const run = { default_branch: undefined };
      expect(tagsOf('type=sha,enable={{is_default_branch}}', 'refs/tags/v1', run)).toBe('');
    });
  });
});
