import { describe, expect, it } from 'vitest';
import { type ProjectConfig, parseConfig } from '../../src/lib/config.ts';

const PROJECT = {
  name: 'p',
  repository: 'o/r',
  repository_id: '1',
  repository_owner_id: '2',
  refs: ['refs/heads/main'],
  tags: ['type=sha'],
  policy: 'p',
  roles: {},
  targets: [{ repository: 'quay.io/o/r' }],
};

function parseProject(changes: object): ProjectConfig | undefined {
  const policies = [{ name: 'p', issuer: 'i', identity: 's' }];
  const projects = [{ ...PROJECT, ...changes }];
  return parseConfig({ MUSTER: { audience: 'https://muster.test', policies, projects } }).projects[0];
}

describe('parseConfig', () => {
  it('asks for no labels and annotations by itself', () => {
    const project = parseProject({});
    expect([project?.labels, project?.annotations]).toEqual([undefined, undefined]);
  });

  it('puts annotations on the index by itself', () => {
    expect(parseProject({ annotations: [] })?.annotation_levels).toEqual(['index']);
  });

  it.each(['index', 'manifest-descriptor', 'manifest-descriptor[linux/arm/v7]'])('takes the level %s', (level) => {
    expect(parseProject({ annotation_levels: [level] })?.annotation_levels).toEqual([level]);
  });

  it.each([
    ['a leg’s own manifest', { annotation_levels: ['manifest'] }, 'annotation_levels.0'],
    [
      'a level of a platform that is none',
      { annotation_levels: ['manifest-descriptor[arm64]'] },
      'annotation_levels.0',
    ],
    ['an index of a platform', { annotation_levels: ['index[linux/arm64]'] }, 'annotation_levels.0'],
    ['no level', { annotation_levels: [] }, 'annotation_levels'],
    ['a commit of three characters', { short_sha_length: 3 }, 'short_sha_length'],
    ['a label without a key', { labels: ['x'] }, 'p.labels'],
    ['an annotation with an unknown expression', { annotations: ['x={{nope}}'] }, 'p.annotations'],
    ['a rule that is none', { tags: ['type=nope'] }, 'p.tags'],
    ['a rule that needs the default branch', { tags: ['type=edge'] }, 'p.default_branch'],
  ])('refuses %s', (_, changes, key) => {
    expect(() => parseProject(changes)).toThrow(`${key}: `);
  });

  it('takes a rule that needs the default branch where it is given', () => {
    expect(parseProject({ tags: ['type=edge'], default_branch: 'main' })?.default_branch).toBe('main');
  });
});
