import { RE2JS } from 're2js';
import { TagError } from './error.ts';

/** Finds the wanted group of a pattern in a text; undefined where there is none. */
export type Pattern = (text: string, group: number) => string | undefined;

const MAX_PATTERN = 512;
const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  g: 0,
  u: 0,
};

/**
 * Compiles the pattern of `type=match`, bare or as `/pattern/flags`; it searches, and takes linear time.
 *
 * With the flag `g` a group is the match of that number, from 0: so JavaScript's `match` answers.
 *
 * @see https://github.com/docker/metadata-action#typematch
 * @see https://github.com/google/re2/wiki/Syntax
 * @throws {TagError} TAG_RULE_INVALID, naming the rule
 */
export function compilePattern(rule: string, text: string): Pattern {
  const [, body = text, flags = ''] = /^\/(.+)\/(.*)$/.exec(text) ?? [];
  const compiled = compile(rule, body, flags);
  return (input, group) => {
    const matcher = compiled.matcher(input);
    if (!flags.includes('g')) {
      if (!matcher.find() || group > compiled.groupCount()) return undefined;
      return matcher.group(group) ?? undefined;
    }
    for (let skipped = 0; matcher.find(); skipped += 1) if (skipped === group) return matcher.group(0) ?? undefined;
    return undefined;
  };
}

/**
 * Compiles the `match` of a version, whose first group is what counts; slashes around it are nothing special.
 *
 * @throws {TagError} TAG_RULE_INVALID, naming the rule
 */
export function compileMatch(rule: string, text: string): (input: string) => string | undefined {
  const compiled = compile(rule, text, '');
  if (compiled.groupCount() < 1) throw new TagError('TAG_RULE_INVALID', `"${rule}": the match "${text}" needs a group`);
  return (input) => {
    const matcher = compiled.matcher(input);
    return matcher.find() ? (matcher.group(1) ?? undefined) : undefined;
  };
}

function compile(rule: string, body: string, flags: string): RE2JS {
  const unknown = [...flags].find((flag) => !Object.hasOwn(FLAGS, flag));
  if (unknown !== undefined)
    throw new TagError('TAG_RULE_INVALID', `"${rule}": the pattern's flag "${unknown}" is none of i, m, s, g, u`);
  if (body.length > MAX_PATTERN)
    throw new TagError('TAG_RULE_INVALID', `"${rule.slice(0, 80)}…": a pattern has at most ${MAX_PATTERN} characters`);
  try {
    return RE2JS.compile(
      body,
      [...flags].reduce((bits, flag) => bits | (FLAGS[flag] ?? 0), 0),
    );
  } catch (cause) {
    throw new TagError('TAG_RULE_INVALID', `"${rule}": "${body}" is no RE2 pattern`, { cause });
  }
}
