import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutRelease, nextVersion, notesOf } from '../../scripts/changelog.ts';

const root = fileURLToPath(new URL('../..', import.meta.url).href);
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- Older.\n';

describe('cutRelease', () => {
  it('puts what is unreleased under the version', () => {
    expect(cutRelease(CHANGELOG, '0.2.0', '2026-02-02')).toBe(
      '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-02\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- Older.\n',
    );
  });
  it('makes a first release', () => {
    expect(cutRelease('## [Unreleased]\n\n- A thing.\n', '0.1.0', 'D')).toBe(
      '## [Unreleased]\n\n## [0.1.0] - D\n\n- A thing.\n',
    );
  });
  it.each([
    ['no such section', '# Changelog\n', /no "## \[Unreleased\]"/],
    ['nothing in it', '## [Unreleased]\n\n### Added\n\n## [0.1.0]\n\n- x\n', /nothing unreleased/],
    ['the version already', `${CHANGELOG}\n## [0.2.0]\n`, /has 0\.2\.0 already/],
  ])('refuses a changelog that has %s', (_, text, expected) => {
    expect(() => cutRelease(text, '0.2.0', 'D')).toThrow(expected);
  });
});

describe('notesOf', () => {
  it('ends where the older release begins', () => {
    expect(notesOf(cutRelease(CHANGELOG, '0.2.0', 'D'), '0.2.0')).toBe('### Added\n\n- A thing.');
  });
});

describe('nextVersion', () => {
  it.each([
    ['major', '2.0.0'],
    ['minor', '1.3.0'],
    ['patch', '1.2.4'],
    ['1.10.0', '1.10.0'],
  ])('goes to %s', (wanted, expected) => {
    expect(nextVersion('1.2.3', wanted)).toBe(expected);
  });
  it.each(['1.2.3', '1.1.9', '0.9.0', 'v2.0.0', '2.0', '02.0.0'])('refuses %s', (wanted) => {
    expect(() => nextVersion('1.2.3', wanted)).toThrow();
  });
});

describe('release', () => {
  let folder: string;
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).stdout;
  const release = (...args: string[]) => {
    const identity = {
      GIT_AUTHOR_NAME: 't',
      GIT_AUTHOR_EMAIL: 't@e',
      GIT_COMMITTER_NAME: 't',
      GIT_COMMITTER_EMAIL: 't@e',
    };
    const env = { ...process.env, ...identity, PATH: `${folder}/bin:${process.env.PATH}` };
    return spawnSync(process.execPath, [`${root}scripts/release.ts`, ...args], { cwd: folder, env, encoding: 'utf8' });
  };
  const read = (file: string) => readFileSync(`${folder}/${file}`, 'utf8');

  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/muster-release-`);
    for (const name of ['bin', 'examples/a']) mkdirSync(`${folder}/${name}`, { recursive: true });
    // npm's list of all packages; what is in it is sbom.node.test.ts's matter.
    const sbom = { packages: [], relationships: [], creationInfo: 'of npm sbom' };
    writeFileSync(`${folder}/bin/npm`, `#!/bin/sh\necho '${JSON.stringify(sbom)}'\n`, { mode: 0o755 });
    const files = {
      'package.json': '{\n  "name": "m",\n  "version": "0.1.0"\n}\n',
      'package-lock.json':
        '{ "version": "0.1.0", "packages": { "": { "version": "0.1.0" }, "x": { "version": "0.1.0" } } }\n',
      'CHANGELOG.md': CHANGELOG,
      'README.md': 'uses: your-org/muster@v0.1.0\n',
      'examples/a/b.yml': 'uses: your-org/muster@v0.1.0\n',
      '.gitignore': 'dist/\nbin/\n',
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${file}`, text);
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('sets the version wherever the project names its own', () => {
    expect(release('minor').status).toBe(0);
    expect([JSON.parse(read('package.json')).version, read('package-lock.json').match(/"\d\.\d\.\d"/g)]).toEqual([
      '0.2.0',
      ['"0.2.0"', '"0.2.0"', '"0.1.0"'],
    ]);
    expect([read('README.md'), read('examples/a/b.yml')]).toEqual(Array(2).fill('uses: your-org/muster@v0.2.0\n'));
  });
  it('commits and tags it with its notes', () => {
    release('minor');
    expect(git('log', '-1', '--format=%s%n%D')).toMatch(/^Release 0\.2\.0\n.*tag: v0\.2\.0/);
    expect(git('tag', '-l', '--format=%(contents)', 'v0.2.0')).toContain('### Added\n\n- A thing.');
    expect(git('status', '--porcelain')).toBe('');
  });
  it('lists what it ships', () => {
    release('minor');
    expect(JSON.parse(read('dist/muster-0.2.0.spdx.json'))).toMatchObject({ creationInfo: 'of npm sbom' });
  });
  it('changes nothing on a dry run', () => {
    const { status, stdout } = release('minor', '--dry-run');
    expect([status, stdout, git('status', '--porcelain')]).toEqual([0, expect.stringContaining('0.1.0 -> 0.2.0'), '']);
  });
  it('refuses a checkout with changes', () => {
    writeFileSync(`${folder}/README.md`, 'changed\n');
    const { status, stderr } = release('minor');
    expect([status, stderr]).toEqual([1, expect.stringContaining('the checkout has changes')]);
  });
});
