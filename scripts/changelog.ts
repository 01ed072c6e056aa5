const UNRELEASED = '## [Unreleased]';

/**
 * Turns what is unreleased into a release; an empty Unreleased stays on top.
 *
 * @see https://keepachangelog.com/en/1.1.0/
 * @throws {Error} where there is no such section, nothing in it, or the version is there already
 */
export function cutRelease(changelog: string, version: string, date: string): string {
  const at = changelog.indexOf(`${UNRELEASED}\n`);
  if (at === -1) throw new Error(`CHANGELOG.md has no "${UNRELEASED}"`);
  if (changelog.includes(`## [${version}]`)) throw new Error(`CHANGELOG.md has ${version} already`);
  const after = changelog.slice(at + UNRELEASED.length + 1);
  const next = after.search(/^## \[/m);
  const entries = (next === -1 ? after : after.slice(0, next)).trim();
  if (!/^- /m.test(entries)) throw new Error('CHANGELOG.md has nothing unreleased');
  const older = next === -1 ? '' : `\n${after.slice(next)}`;
  return `${changelog.slice(0, at)}${UNRELEASED}\n\n## [${version}] - ${date}\n\n${entries}\n${older}`;
}

/** What a release changed, for its tag and its page. @throws {Error} where the version is not there */
export function notesOf(changelog: string, version: string): string {
  const at = changelog.indexOf(`## [${version}]`);
  if (at === -1) throw new Error(`CHANGELOG.md has no ${version}`);
  const [, ...lines] = changelog.slice(at).split('\n');
  const end = lines.findIndex((line) => line.startsWith('## ['));
  return (end === -1 ? lines : lines.slice(0, end)).join('\n').trim();
}

/** The version after this one, or the one that is named. @throws {Error} where it is none, or not a later one */
export function nextVersion(current: string, wanted: string): string {
  const [major = 0, minor = 0, patch = 0] = numbersOf(current);
  const steps: Readonly<Record<string, readonly number[]>> = {
    major: [major + 1, 0, 0],
    minor: [major, minor + 1, 0],
    patch: [major, minor, patch + 1],
  };
  const next = steps[wanted] ?? numbersOf(wanted);
  const [a = 0, b = 0, c = 0] = next;
  const isLater = a !== major ? a > major : b !== minor ? b > minor : c > patch;
  if (!isLater) throw new Error(`${next.join('.')} is not later than ${current}`);
  return next.join('.');
}

function numbersOf(version: string): number[] {
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version)) throw new Error(`"${version}" is no MAJOR.MINOR.PATCH`);
  return version.split('.').map(Number);
}
