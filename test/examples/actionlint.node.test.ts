import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { root, spawnProgram } from './job.ts';

/** Where the real peers are built; `interop/peers/install.sh actionlint` builds this one too. */
const folder = process.env.MUSTER_PEERS ?? `${homedir()}/.cache/muster-peers`;
const actionlint = [folder, ...(process.env.PATH ?? '').split(':')]
  .map((path) => `${path}/actionlint`)
  .find((path) => existsSync(path));

/** Each set of workflows as it would stand in its repository; one set leaves a workflow as it was before. */
const SETS: readonly (readonly string[])[] = [
  ['localai/before'],
  ['localai/action'],
  ['localai/curl'],
  ['localai/before', 'localai/untouched-build'],
  ['at-once'],
];

describe.skipIf(!actionlint)('actionlint', () => {
  const project = mkdtempSync(`${tmpdir()}/muster-actionlint-`);
  const workflows = `${project}/.github/workflows`;
  afterEach(() => rmSync(project, { recursive: true }));

  /** The sets, laid over each other, in a repository that has the action in its own root. */
  function layOut(sets: readonly string[]): void {
    mkdirSync(workflows, { recursive: true });
    // Where the repository ends is seen by this folder.
    mkdirSync(`${project}/.git`);
    cpSync(`${root}action.yml`, `${project}/action.yml`);
    for (const set of sets) {
      for (const file of readdirSync(`${root}examples/${set}`).filter((name) => name.endsWith('.yml'))) {
        const text = readFileSync(`${root}examples/${set}/${file}`, 'utf8');
        writeFileSync(`${workflows}/${file}`, text.replaceAll(/your-org\/muster@v[\d.]+/g, './'));
      }
    }
  }

  it.each(SETS.map((set) => [set]))('finds nothing in %s', async (set) => {
    layOut(set);
    const ran = await spawnProgram(String(actionlint), ['-no-color'], { PATH: process.env.PATH ?? '' }, project);
    expect(ran).toEqual({ code: 0, text: '' });
  });
  it('does find what is wrong', async () => {
    layOut(['at-once']);
    const text = readFileSync(`${workflows}/build.yml`, 'utf8');
    writeFileSync(`${workflows}/build.yml`, text.replace('digest:', 'digset:'));
    const { text: said } = await spawnProgram(
      String(actionlint),
      ['-no-color'],
      { PATH: process.env.PATH ?? '' },
      project,
    );
    expect(said).toContain('"digset"');
  });
});
