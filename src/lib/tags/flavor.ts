import { parseAttributes } from './attributes.ts';
import { TagError } from './error.ts';
import { parseExpressions } from './expressions.ts';
import { linesOf } from './lines.ts';

/** Whether the tag `latest` is set: by the first rule that yields, always, or never. */
export type Latest = 'auto' | 'true' | 'false';

/** What applies to every tag; `onlatest` says whether it does to `latest` too. */
export interface Flavor {
  readonly latest: Latest;
  /** May hold expressions, but not where it is on `latest` too. */
  readonly prefix: string;
  readonly prefixLatest: boolean;
  readonly suffix: string;
  readonly suffixLatest: boolean;
}

/** What an arrival puts in the place of the flavor's own; the flavor's `onlatest` stays. */
export interface FlavorOverrides {
  readonly suffix?: string | undefined;
  /** `auto` leaves it to the flavor. */
  readonly latest?: Latest | undefined;
}

/**
 * Parses a flavor, given as lines or as one text of lines.
 *
 * An `onlatest` belongs to the prefix or suffix before it on its line. An empty `latest` means `auto`. An expression
 * (`{{`) in a suffix is refused: a suffix comes from a report, and must stay what it says.
 *
 * @see https://github.com/docker/metadata-action#flavor-input
 * @throws {TagError} FLAVOR_INVALID, naming the line
 */
export function parseFlavor(flavor: string | readonly string[]): Flavor {
  const parsed: Mutable = { latest: 'auto', prefix: '', prefixLatest: false, suffix: '', suffixLatest: false };
  for (const line of linesOf(flavor)) applyLine(parsed, line);
  // There it would be written as it stands, and not be what it says.
  if (parsed.prefixLatest && parsed.prefix.includes('{{'))
    throw new TagError('FLAVOR_INVALID', `"${parsed.prefix}": a prefix of latest holds no expression`);
  return parsed;
}

/** A flavor with a report's suffix and `latest` in it. @throws {TagError} FLAVOR_INVALID */
export function overrideFlavor(flavor: Flavor, { suffix, latest = 'auto' }: FlavorOverrides): Flavor {
  return {
    ...flavor,
    suffix: parseSuffix(suffix ?? flavor.suffix, 'suffix'),
    latest: latest === 'auto' ? flavor.latest : latest,
  };
}

type Mutable = { -readonly [Key in keyof Flavor]: Flavor[Key] };

function applyLine(flavor: Mutable, line: string): void {
  let affix: 'prefix' | 'suffix' | undefined;
  for (const { key, value } of parseAttributes(line, 'FLAVOR_INVALID')) {
    if (key === 'latest' && isLatest(value)) flavor.latest = value === '' ? 'auto' : value;
    else if (key === 'prefix' || key === 'suffix') {
      flavor[key] = PARSE[key](value, line);
      affix = key;
    } else if (key === 'onlatest' && affix && (value === 'true' || value === 'false')) {
      flavor[`${affix}Latest`] = value === 'true';
    } else throw new TagError('FLAVOR_INVALID', `"${line}": ${explain(key, value, affix)}`);
  }
}

function isLatest(value: string): value is Latest | '' {
  return ['', 'auto', 'true', 'false'].includes(value);
}

function explain(key: string | undefined, value: string, affix: string | undefined): string {
  if (key === 'latest') return 'latest is auto, true or false';
  if (key === 'onlatest' && !affix) return 'onlatest follows a prefix or suffix';
  if (key === 'onlatest') return 'onlatest is true or false';
  return `"${key ?? value}" is none of latest, prefix, suffix, onlatest`;
}

const PARSE = { prefix: parsePrefix, suffix: parseSuffix };

function parsePrefix(value: string, where: string): string {
  parseExpressions(where, value, undefined, 'FLAVOR_INVALID');
  return value;
}

function parseSuffix(value: string, where: string): string {
  if (value.includes('{{')) throw new TagError('FLAVOR_INVALID', `"${where}": a suffix holds no expression`);
  return value;
}
