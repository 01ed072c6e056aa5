import { parseAttributes } from './attributes.ts';
import { TagError } from './error.ts';

/** Whether the tag `latest` is set: by the first rule that yields, always, or never. */
export type Latest = 'auto' | 'true' | 'false';

/** What applies to every tag; `onlatest` says whether it does to `latest` too. */
export interface Flavor {
  readonly latest: Latest;
  readonly prefix: string;
  readonly prefixLatest: boolean;
  readonly suffix: string;
  readonly suffixLatest: boolean;
}

/** What an arrival puts in the place of the flavor's own; the flavor's `onlatest` stays. */
export interface FlavorOverrides {
  readonly suffix?: string | undefined;
  readonly latest?: Latest | undefined;
}

/**
 * Parses a flavor, given as lines or as one text of lines.
 *
 * An `onlatest` belongs to the prefix or suffix before it on its line. An empty `latest` means `auto`. An expression
 * (`{{`) is refused: a suffix comes from a report, and must stay what it says.
 *
 * @see https://github.com/docker/metadata-action#flavor-input
 * @throws {TagError} FLAVOR_INVALID, naming the line
 */
export function parseFlavor(flavor: string | readonly string[]): Flavor {
  const lines = typeof flavor === 'string' ? [flavor] : flavor;
  const parsed: Mutable = { latest: 'auto', prefix: '', prefixLatest: false, suffix: '', suffixLatest: false };
  for (const line of lines.flatMap((text) => text.split(/\r?\n/))) applyLine(parsed, line);
  return parsed;
}

/** A flavor with a report's suffix and `latest` in it. @throws {TagError} FLAVOR_INVALID */
export function overrideFlavor(flavor: Flavor, overrides: FlavorOverrides): Flavor {
  return {
    ...flavor,
    suffix: parseAffix(overrides.suffix ?? flavor.suffix, 'suffix'),
    latest: overrides.latest ?? flavor.latest,
  };
}

type Mutable = { -readonly [Key in keyof Flavor]: Flavor[Key] };

function applyLine(flavor: Mutable, line: string): void {
  let affix: 'prefix' | 'suffix' | undefined;
  for (const { key, value } of parseAttributes(line, 'FLAVOR_INVALID')) {
    if (key === 'latest' && isLatest(value)) flavor.latest = value === '' ? 'auto' : value;
    else if (key === 'prefix' || key === 'suffix') {
      flavor[key] = parseAffix(value, line);
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

function parseAffix(value: string, where: string): string {
  if (value.includes('{{')) throw new TagError('FLAVOR_INVALID', `"${where}": a prefix or suffix holds no expression`);
  return value;
}
