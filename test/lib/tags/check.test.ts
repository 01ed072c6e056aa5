import { describe, expect, it } from 'vitest';
import { checkTagSettings } from '../../../src/lib/tags/check.ts';

const SOUND = { tags: ['type=sha'], flavor: '' };

describe('checkTagSettings', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(checkTagSettings(SOUND)).toEqual([]);
  });

  it.each([
    ['tags', { tags: ['type=ref'] }],
    ['tags', { flavor: 'latest=maybe' }],
    ['labels', { labels: ['x'] }],
    ['annotations', { annotations: ['x={{nope}}'] }],
    ['default_branch', { tags: ['type=edge'] }],
    ['default_branch', { tags: ['type=raw,value=latest,enable={{is_default_branch}}'] }],
    ['default_branch', { flavor: 'prefix={{is_default_branch}}-' }],
    ['default_branch', { labels: ['x={{is_default_branch}}'] }],
    ['default_branch', { annotations: ['x={{is_not_default_branch}}'] }],
  ])('names the key %s for %j', (key, wrong) => {
    expect(checkTagSettings({ ...SOUND, ...wrong }).map((problem) => problem.split(':')[0])).toEqual([key]);
  });

  it('names each key that is wrong', () => {
    const problems = checkTagSettings({ tags: ['type=ref'], flavor: '', labels: ['x'], annotations: ['y'] });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['tags', 'labels', 'annotations']);
  });

  it('asks for no default branch that is given', () => {
    expect(checkTagSettings({ ...SOUND, tags: ['type=edge'], default_branch: 'main' })).toEqual([]);
  });
});
