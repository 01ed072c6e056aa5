import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { planSchema } from '../../src/routes/parse.ts';
import { root } from './job.ts';

interface Row {
  readonly 'tag-suffix': string;
  readonly 'platform-tag'?: string;
}
type Matrix = Readonly<Record<'include' | 'includeDarwin', readonly Row[]>>;
const whole: Matrix = JSON.parse(readFileSync(`${root}test/fixtures/localai-matrix/backend-matrix.json`, 'utf8'));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/muster-matrix-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function convert(input: string, ...args: string[]) {
  const ran = spawnSync(process.execPath, [`${root}examples/plan-from-matrix.mjs`, ...args], {
    input,
    encoding: 'utf8',
  });
  return { status: ran.status, said: ran.stderr, plan: ran.status === 0 ? JSON.parse(ran.stdout) : undefined };
}
const mergesOf = (input: string) => planSchema.parse(convert(input).plan).merges;

/** What LocalAI's matrix job puts out: its script cuts the single-arch rows into four. */
function outputsOf({ include, includeDarwin }: Matrix): Record<string, string> {
  const single = include.filter((row) => !row['platform-tag']);
  const size = Math.ceil(single.length / 4);
  const shards = [0, 1, 2, 3].map((shard) => [
    `matrix-singlearch-${shard + 1}`,
    JSON.stringify({ include: single.slice(shard * size, (shard + 1) * size) }),
  ]);
  return {
    'run-all': 'true',
    'has-backends-multiarch': 'true',
    'matrix-multiarch': JSON.stringify({ include: include.filter((row) => row['platform-tag']) }),
    'merge-matrix-multiarch': JSON.stringify({ include: [{ 'tag-suffix': '-not-a-leg' }] }),
    'matrix-darwin': JSON.stringify({ include: includeDarwin }),
    ...Object.fromEntries(shards),
  };
}

describe('plan-from-matrix', () => {
  const yaml = `---\n# Matrix data.\n${stringify(whole, { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' })}`;
  const outputs = outputsOf(whole);
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}`);
  const matrices = Object.entries(outputs).flatMap(([name, value]) => (name.startsWith('matrix-') ? [value] : []));

  it.each([
    ['backend-matrix.yml', yaml],
    ['the same as JSON', JSON.stringify(whole, null, 2)],
    ['the outputs of the matrix job', JSON.stringify(outputs)],
    ['a $GITHUB_OUTPUT file', `${lines.join('\n')}\n`],
    ['a matrix a line', matrices.join('\n')],
  ])('reads all 519 legs of 448 merges from %s', (_, input) => {
    const merges = mergesOf(input);
    expect([merges.length, merges.flatMap(({ platform_tags }) => platform_tags).length]).toEqual([448, 519]);
  });
  it('makes the same plan of each', () => {
    const sorted = (input: string) => mergesOf(input).sort((a, b) => (a.tag_suffix < b.tag_suffix ? -1 : 1));
    expect(sorted(yaml)).toEqual(sorted(JSON.stringify(outputs)));
  });
  it('reads the file as it is written', () => {
    const rows = [
      'include:',
      "  - build-type: 'l4t'",
      '    cuda-major-version: "12"',
      "    platforms: 'linux/arm64'",
      "    platform-tag: 'arm64'   # the other row is amd64",
      "    tag-latest: 'true'",
      "    tag-suffix: '-nvidia-l4t-diffusers'",
      '    base-image: "nvcr.io/nvidia/l4t-jetpack:r36.4.0"',
      '# macOS',
      'includeDarwin:',
      '  - backend: "diffusers"',
      '    tag-suffix: "-metal-darwin-arm64-diffusers"',
      '    build-type: mps',
    ];
    expect(mergesOf(rows.join('\n'))).toEqual([
      { tag_suffix: '-nvidia-l4t-diffusers', platform_tags: ['arm64'], tag_latest: 'true', narrow: false },
      { tag_suffix: '-metal-darwin-arm64-diffusers', platform_tags: ['single'], tag_latest: 'auto', narrow: false },
    ]);
  });
  it('plans nothing where nothing is built', () => {
    expect(mergesOf(JSON.stringify({ 'matrix-multiarch': '{"include":[]}', 'matrix-singlearch-1': '' }))).toEqual([]);
  });

  describe('when a matrix was filtered to one edited leg', () => {
    const leg = whole.include.find((row) => row['platform-tag'] === 'arm64');
    const filtered = JSON.stringify({ 'matrix-multiarch': JSON.stringify({ include: [leg] }) });

    it('plans that leg, and never lets its tag become narrower', () => {
      expect(mergesOf(filtered)).toEqual([
        { tag_suffix: leg?.['tag-suffix'], platform_tags: ['arm64'], tag_latest: 'auto', narrow: false },
      ]);
      expect(JSON.stringify(convert(filtered).plan)).not.toContain('narrow');
    });
    it('says what the image will lack', () => {
      writeFileSync(`${folder}/whole.yml`, yaml);
      const { said, status } = convert(filtered, '--whole', `${folder}/whole.yml`);
      expect([status, said]).toEqual([0, expect.stringContaining('is built without amd64: its tags will be held')]);
    });
    it('says nothing of a whole matrix', () => {
      expect(convert(yaml, '--whole', `${folder}/whole.yml`).said).toBe('');
    });
  });

  it('takes the first row’s word where rows disagree on tag-latest, and says so', () => {
    const include = ['true', 'false'].map((latest, index) => ({
      'tag-suffix': '-a',
      'platform-tag': ['amd64', 'arm64'][index],
      'tag-latest': latest,
    }));
    const { plan, said } = convert(JSON.stringify({ include }));
    expect([plan.merges[0].tag_latest, said]).toEqual(['true', expect.stringContaining('disagree')]);
  });
  it.each([
    ['no matrix', '{"x":1}'],
    ['a broken output', '{"matrix-multiarch":"{"}'],
    ['an include that is no list', '{"include":"x"}'],
    ['a leg that is there twice', '{"include":[{"tag-suffix":"-a"},{"tag-suffix":"-a"}]}'],
    ['YAML that it does not know', 'include: [{tag-suffix: -a}]'],
    ['YAML of a row that it does not know', 'include:\n  - tag-suffix: &a -a'],
    ['a text over several lines', 'include:\n  - tag-suffix: |\n      -a'],
  ])('refuses %s', (_, input) => {
    const { status, said } = convert(input);
    expect([status, said]).toEqual([1, expect.stringMatching(/^plan-from-matrix: .+\n$/)]);
  });
});
