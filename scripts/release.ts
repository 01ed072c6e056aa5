// Makes a release: npm run release -- major|minor|patch|X.Y.Z [--dry-run]
// Sets the version, moves the changelog's unreleased entries under it, names it in the examples, writes the SBOM to
// dist/, commits, and tags. Pushing (git push --follow-tags) is left to you.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cutRelease, nextVersion, notesOf } from './changelog.ts';
import { listShipped } from './sbom.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'dry-run': { type: 'boolean' } } });
const [wanted] = positionals;
if (wanted === undefined) throw new Error('say major, minor, patch or a version');

const manifest: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const version = nextVersion(manifest.version, wanted);
const today = new Date().toISOString().slice(0, 10);
const edits = new Map<string, string>([
  [
    'package.json',
    readFileSync('package.json', 'utf8').replace(`"version": "${manifest.version}"`, `"version": "${version}"`),
  ],
  ['package-lock.json', lockfile()],
  ['CHANGELOG.md', cutRelease(readFileSync('CHANGELOG.md', 'utf8'), version, today)],
  ...documents().map((file) => [file, named(readFileSync(file, 'utf8'))] as const),
]);
for (const [file, text] of edits) if (text === readFileSync(file, 'utf8')) edits.delete(file);

console.log(`${manifest.version} -> ${version}: ${[...edits.keys()].join(', ')}`);
if (!values['dry-run']) release();

function release(): void {
  if (run('git', ['status', '--porcelain', '--untracked-files=no']) !== '') throw new Error('the checkout has changes');
  for (const [file, text] of edits) writeFileSync(file, text);
  const notes = notesOf(readFileSync('CHANGELOG.md', 'utf8'), version);
  mkdirSync('dist', { recursive: true });
  const everything = run('npm', ['sbom', '--package-lock-only', '--sbom-format', 'spdx']);
  const shipped = listShipped(everything, readFileSync('package-lock.json', 'utf8'));
  writeFileSync(`dist/muster-${version}.spdx.json`, `${JSON.stringify(shipped, null, 2)}\n`);
  run('git', ['commit', '--quiet', '--message', `Release ${version}`, '--', ...edits.keys()]);
  run('git', [
    'tag',
    '--annotate',
    `v${version}`,
    '--message',
    `Muster ${version}\n\n${notes}`,
    '--cleanup',
    'verbatim',
  ]);
  const count = `${shipped.packages.length - 1} packages`;
  console.log(
    `tagged v${version}; dist/muster-${version}.spdx.json lists the ${count} that it ships, with their licences`,
  );
}

/** The project's own entries in the lockfile: the first two versions. */
function lockfile(): string {
  let left = 2;
  return readFileSync('package-lock.json', 'utf8').replaceAll(`"version": "${manifest.version}"`, (found) => {
    left -= 1;
    return left >= 0 ? `"version": "${version}"` : found;
  });
}

/** Everything that shows how the action is used. */
function documents(): string[] {
  const examples = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(yml|md)$/.test(file),
  );
  return ['README.md', ...examples.map((file) => `examples/${file}`)];
}

function named(text: string): string {
  return text.replaceAll(/(your-org\/muster@v)\d+\.\d+\.\d+/g, `$1${version}`);
}

function run(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`${program} ${args[0]}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trim();
}
