import { RE2JS } from 're2js';

/** Characters of a regex, and of a value that one is applied to: a workflow's identity has some hundred. */
const MAX_REGEX = 512;
const MAX_VALUE = 2048;
/** Steps of a regex once its repetitions are written out; each costs time for each character of a value. */
const MAX_STEPS = 1000;

/** A quoted text, an escape, a class, a counted repetition, or any other character of a regex of RE2. */
const TOKEN = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gs;
/** Flags of the whole, none of which moves an anchor. */
const HARMLESS_FLAGS = /^\(\?[isU]+\)/;
/** With this flag `^` and `$` match at each line. */
const MULTILINE = /\(\?[a-zA-Z]*m/;

/**
 * Whether a regex is one of RE2, and small: at most 512 characters, and no repetitions that multiply to an automaton
 * which takes seconds, in linear time too.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function isRegex(text: string): boolean {
  if (text.length > MAX_REGEX || countSteps(text) > MAX_STEPS) return false;
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a regex matches somewhere in a value; in one that is longer than any identity, nowhere. */
export function matchesRegex(regex: string, value: string): boolean {
  return value.length <= MAX_VALUE && compile(regex).matcher(value).find();
}

/** Regexes that were used last: those of the configuration are used for every bundle. */
const compiled = new Map<string, RE2JS>();
const MAX_COMPILED = 64;

function compile(text: string): RE2JS {
  const regex = compiled.get(text) ?? RE2JS.compile(text);
  // The one that was used last comes last, and the first one goes.
  compiled.delete(text);
  compiled.set(text, regex);
  for (const oldest of compiled.keys()) if (compiled.size > MAX_COMPILED) compiled.delete(oldest);
  return regex;
}

/**
 * Whether a regex can only match a value as a whole: an anchor at each end, and no alternative outside of a group, for
 * which only one of them would count. Where that cannot be seen, it is not anchored.
 */
export function isAnchored(regex: string): boolean {
  if (MULTILINE.test(regex)) return false;
  const tokens = regex.replace(HARMLESS_FLAGS, '').match(TOKEN) ?? [];
  const [first, second = ''] = tokens;
  const isOpen = first === '^' || first === '\\A';
  const isClosed = tokens.length > 1 && ['$', '\\z'].includes(tokens.at(-1) ?? '');
  // A repeated anchor may be none.
  return isOpen && !'*?{+'.includes(second[0] ?? '-') && isClosed && !hasOuterAlternative(tokens);
}

function hasOuterAlternative(tokens: readonly string[]): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === '|' && depth === 0) return true;
  }
  return false;
}

/** An upper bound: a token is at most a step, and counts as often as it may be repeated. */
function countSteps(regex: string): number {
  const outer: number[] = [];
  let sum = 0;
  let last = 0;
  for (const token of regex.match(TOKEN) ?? []) {
    const [least, most] = /^\{(\d+)(?:,(\d*))?\}$/.exec(token)?.slice(1) ?? [];
    if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? 0), 1);
      sum += last * (times - 1);
      last *= times;
    } else if (token === '(') {
      outer.push(sum);
      sum = 0;
    } else if (token === ')') {
      last = sum + 1;
      sum = (outer.pop() ?? 0) + last;
    } else {
      last = token.startsWith('\\Q') ? token.length : 1;
      sum += last;
    }
  }
  return sum + outer.reduce((all, one) => all + one, 0);
}
