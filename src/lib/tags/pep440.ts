/** A Python version: as it is written normally, its release, and whether it is a final one. */
export interface PythonVersion {
  /** `1!2.0rc1.post2.dev3+local,4` */
  readonly version: string;
  readonly release: readonly number[];
  /** No pre-, post- or development release. */
  readonly isFinal: boolean;
}

const SEPARATOR = '[-_.]?';
const VERSION = new RegExp(
  [
    '^\\s*v?(?:(?<epoch>\\d+)!)?(?<release>\\d+(?:\\.\\d+)*)',
    `(?:${SEPARATOR}(?<pre>alpha|beta|preview|pre|rc|a|b|c)${SEPARATOR}(?<preNumber>\\d+)?)?`,
    `(?:-(?<postImplicit>\\d+)|${SEPARATOR}(?<post>post|rev|r)${SEPARATOR}(?<postNumber>\\d+)?)?`,
    `(?:${SEPARATOR}(?<dev>dev)${SEPARATOR}(?<devNumber>\\d+)?)?`,
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*$',
  ].join(''),
  'i',
);

const PRE_RELEASES: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

/**
 * Parses a Python version, in any spelling that PEP 440 allows; undefined where it is none.
 *
 * @see https://packaging.python.org/en/latest/specifications/version-specifiers/#appendix-parsing-version-strings-with-regular-expressions
 */
export function parsePythonVersion(text: string): PythonVersion | undefined {
  const groups = text.length <= 256 ? VERSION.exec(text)?.groups : undefined;
  if (!groups) return undefined;
  const release = (groups.release ?? '').split('.').map(Number);
  const { pre, dev, local } = groups;
  const post = groups.post ?? groups.postImplicit;
  const letter = pre?.toLowerCase() ?? '';
  const parts = [
    Number(groups.epoch ?? 0) > 0 ? `${Number(groups.epoch)}!` : '',
    release.join('.'),
    pre === undefined ? '' : `${PRE_RELEASES[letter] ?? letter}${Number(groups.preNumber ?? 0)}`,
    post === undefined ? '' : `.post${Number(groups.postImplicit ?? groups.postNumber ?? 0)}`,
    dev === undefined ? '' : `.dev${Number(groups.devNumber ?? 0)}`,
    local === undefined ? '' : `+${normaliseLocal(local)}`,
  ];
  return { version: parts.join(''), release, isFinal: pre === undefined && post === undefined && dev === undefined };
}

/** docker/metadata-action's library joins the pieces with a comma, not a dot as PEP 440 has it; so must we. */
function normaliseLocal(local: string): string {
  return local
    .toLowerCase()
    .split(/[-_.]/)
    .map((part) => (/^\d+$/.test(part) ? String(Number(part)) : part))
    .join(',');
}
