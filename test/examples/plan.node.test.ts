import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planSchema } from '../../src/routes/parse.ts';
import { root, runJob } from './job.ts';
import { type StrictMuster, startStrictMuster } from './strict-muster.ts';

interface Row {
  readonly 'tag-suffix': string;
  readonly 'platform-tag'?: string;
}
type Matrix = Readonly<Record<'include' | 'includeDarwin', readonly Row[]>>;
const whole: Matrix = JSON.parse(readFileSync(`${root}test/fixtures/localai-matrix/backend-matrix.json`, 'utf8'));

let muster: StrictMuster;
let folder: string;
beforeEach(async () => {
  muster = await startStrictMuster();
  folder = mkdtempSync(`${tmpdir()}/muster-plan-`);
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await muster.close();
});

/** The plan that the action makes of a file of matrices. */
async function planOf(...matrices: readonly object[]) {
  writeFileSync(`${folder}/legs.json`, matrices.map((matrix) => JSON.stringify(matrix)).join('\n'));
  const inputs = { url: muster.url, call: 'plan', project: 'localai', legs: `${folder}/legs.json` };
  const steps = [{ uses: 'your-org/muster@v0.1.0', with: inputs }];
  const ran = await runJob(
    { permissions: { 'id-token': 'write' }, steps },
    { contexts: {}, identity: muster.identity },
  );
  expect(ran.succeeded, ran.log).toBe(true);
  return planSchema.parse(muster.received[0]?.body).merges;
}

describe('the plan of LocalAI’s whole matrix', () => {
  it('has a merge for each of 448 suffixes, and all of 519 legs', async () => {
    const merges = await planOf(whole);
    const legs = merges.reduce((sum, { platform_tags }) => sum + platform_tags.length, 0);
    expect([merges.length, legs]).toEqual([448, 519]);
  });
  it('is the same from the outputs of the matrix job', async () => {
    const { include, includeDarwin } = whole;
    const multiarch = include.filter((row) => row['platform-tag']);
    const single = include.filter((row) => !row['platform-tag']);
    const shards = [0, 1, 2, 3].map((shard) => ({ include: single.filter((_, index) => index % 4 === shard) }));
    const merges = await planOf({ include: multiarch }, ...shards, { include: includeDarwin });
    expect(merges).toHaveLength(448);
  });
  it('waits for both legs of what is built twice, and for one of what is built once', async () => {
    const merges = await planOf(whole);
    const counts = Object.groupBy(merges, ({ platform_tags }) => platform_tags.join());
    expect(Object.entries(counts).map(([legs, of = []]) => [legs, of.length])).toEqual(
      expect.arrayContaining([
        ['amd64,arm64', 71],
        ['amd64', 3],
        ['single', 374],
      ]),
    );
  });
});

describe('the plan of a matrix that was filtered to one edited leg', () => {
  it('waits for that leg only, and lets no tag become narrower', async () => {
    const leg = whole.include.find((row) => row['platform-tag'] === 'arm64');
    expect(await planOf({ include: [leg] })).toEqual([
      { tag_suffix: leg?.['tag-suffix'], platform_tags: ['arm64'], tag_latest: 'auto', narrow: false },
    ]);
  });
});
