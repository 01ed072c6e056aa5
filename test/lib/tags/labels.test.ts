import { describe, expect, it } from 'vitest';
import { buildAnnotations, buildLabels, type LabelContext, parseLabels } from '../../../src/lib/tags/labels.ts';
import { codeOf, requestOf, SHA } from './run.ts';

const CONTEXT: LabelContext = {
  ...requestOf([], 'refs/heads/my/branch'),
  now: Date.parse('2024-02-29T23:05:07.089Z'),
  repository: 'octocat/Hello-World',
  version: 'my-branch',
  description: 'Says "hello"',
  license: 'MIT',
};

const own = (line: string) => buildLabels(CONTEXT, line).filter(([key]) => !key.startsWith('org.opencontainers.'));

describe('buildLabels', () => {
  it('gives what Open Containers names, sorted', () => {
    expect(buildLabels(CONTEXT).map(([key, value]) => `${key}=${value}`)).toEqual([
      'org.opencontainers.image.created=2024-02-29T23:05:07.089Z',
      'org.opencontainers.image.description=Says "hello"',
      'org.opencontainers.image.licenses=MIT',
      `org.opencontainers.image.revision=${SHA}`,
      'org.opencontainers.image.source=https://github.com/octocat/Hello-World',
      'org.opencontainers.image.title=Hello-World',
      'org.opencontainers.image.url=https://github.com/octocat/Hello-World',
      'org.opencontainers.image.version=my-branch',
    ]);
  });

  it('leaves empty what is not known', () => {
    const { description: _, license: __, ...rest } = CONTEXT;
    const labels = new Map(buildLabels(rest));
    expect([
      labels.get('org.opencontainers.image.description'),
      labels.get('org.opencontainers.image.licenses'),
    ]).toEqual(['', '']);
  });

  it('takes the page of the repository from the context', () => {
    const labels = new Map(buildLabels({ ...CONTEXT, url: 'https://git.test/a' }));
    expect([labels.get('org.opencontainers.image.source'), labels.get('org.opencontainers.image.url')]).toEqual([
      'https://git.test/a',
      'https://git.test/a',
    ]);
  });

  it.each([
    ['a=b', 'a', 'b'],
    ['a=', 'a', ''],
    ['a=b, c', 'a', 'b, c'],
    ['a=b=c', 'a', 'b=c'],
    ['a="b"', 'a', '"b"'],
    ['a=b # c', 'a', 'b # c'],
    ['a={{branch}}/{{sha}}', 'a', 'my/branch/860c190'],
    ['a={{tag}}', 'a', ''],
    ['a={{is_default_branch}}', 'a', 'false'],
    ["a={{date 'YYYY-MM-DD'}}", 'a', '2024-02-29'],
  ])('adds %s', (line, key, value) => {
    expect(own(line)).toEqual([[key, value]]);
  });

  it('escapes a value for HTML, unless between triple braces', () => {
    const labels = buildLabels({ ...CONTEXT, ref: 'refs/heads/a&b' }, ['x={{branch}}', 'y={{{branch}}}']);
    expect(labels.filter(([key]) => key.length === 1)).toEqual([
      ['x', 'a&amp;b'],
      ['y', 'a&b'],
    ]);
  });

  it('replaces what has the same key', () => {
    const line = 'org.opencontainers.image.licenses=Apache-2.0';
    expect(new Map(buildLabels(CONTEXT, line)).get('org.opencontainers.image.licenses')).toBe('Apache-2.0');
  });

  it('keeps the last of two of the same key', () => {
    expect(own('a=1\na=2')).toEqual([['a', '2']]);
  });

  it('sorts keys as a dictionary does', () => {
    const keys = own('Z=1\nz=1\na-b=1\na.b=1\na/b=1\n_z=1\nb=1\nB=1').map(([key]) => key);
    expect(keys).toEqual(['_z', 'a-b', 'a.b', 'a/b', 'b', 'B', 'z', 'Z']);
  });
});

describe('parseLabels', () => {
  it('passes over comments and empty lines', () => {
    expect(parseLabels('# x\n\na=b\n')).toEqual(['a=b']);
  });

  it.each(['a', '=b', '{{branch}}=b', 'a{{sha}}=b', 'a={{nope}}', 'a={{branch'])('refuses %s', (line) => {
    expect(codeOf(() => parseLabels(line))).toBe('LABEL_INVALID');
  });
});

describe('buildAnnotations', () => {
  it('writes every label at each level in turn', () => {
    const levels = ['manifest', 'manifest-descriptor[linux/amd64]'];
    expect(
      buildAnnotations(
        [
          ['a', '1'],
          ['b', '2'],
        ],
        levels,
      ),
    ).toEqual([
      'manifest:a=1',
      'manifest:b=2',
      'manifest-descriptor[linux/amd64]:a=1',
      'manifest-descriptor[linux/amd64]:b=2',
    ]);
  });
});
