import { describe, expect, it } from 'vitest';
import { annotationsOf } from '../../../src/lib/merge/annotations.ts';
import { makeRecord } from './make.ts';

const NONE = { annotation_levels: ['index'] };
const written = (project: Parameters<typeof annotationsOf>[0], version = 'master') =>
  annotationsOf(project, makeRecord(), version).map(
    ({ level, platform, key, value }) => `${level}${platform ? `[${platform}]` : ''}:${key}=${value}`,
  );

describe('annotationsOf', () => {
  it('writes nothing where a project does not ask', () => {
    expect(written(NONE)).toEqual([]);
  });

  it('writes on the index what is known of a run, and leaves out what is not', () => {
    expect(written({ ...NONE, annotations: [] })).toEqual([
      'index:org.opencontainers.image.created=1970-01-01T00:00:01.000Z',
      'index:org.opencontainers.image.revision=5d0b549049d4f2f7f2a4e1cb4a6f2c0b3c0f1a2b',
      'index:org.opencontainers.image.source=https://github.com/mudler/LocalAI',
      'index:org.opencontainers.image.title=LocalAI',
      'index:org.opencontainers.image.url=https://github.com/mudler/LocalAI',
      'index:org.opencontainers.image.version=master',
    ]);
  });

  it('leaves out the version where there is no tag', () => {
    expect(written({ ...NONE, annotations: [] }, '').some((line) => line.includes('version'))).toBe(false);
  });

  it('adds the project’s own', () => {
    expect(written({ ...NONE, annotations: ['vendor={{branch}}'] })).toContain('index:vendor=master');
  });

  it('writes them at each level asked for', () => {
    const levels = ['index', 'manifest-descriptor', 'manifest-descriptor[linux/arm64]'];
    const lines = written({ annotation_levels: levels, annotations: ['vendor=x'] });
    expect(lines.filter((line) => line.endsWith('vendor=x'))).toEqual([
      'index:vendor=x',
      'manifest-descriptor:vendor=x',
      'manifest-descriptor[linux/arm64]:vendor=x',
    ]);
  });

  it('writes labels on the index, whatever the levels of annotations', () => {
    const lines = written({ annotation_levels: ['manifest-descriptor'], labels: ['vendor=x'] });
    expect(lines).toContain('index:vendor=x');
  });

  it('lets an annotation win over a label', () => {
    const lines = written({ ...NONE, labels: ['vendor=label'], annotations: ['vendor=annotation'] });
    expect(lines.filter((line) => line.includes('vendor')).at(-1)).toBe('index:vendor=annotation');
  });

  it('gives the same at each computation', () => {
    expect(written({ ...NONE, labels: [] })).toEqual(written({ ...NONE, labels: [] }));
  });
});
