/** A quoted text, an escape, a class, or any other character of a regex of RE2. */
const TOKEN = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|./gs;
/** Flags of the whole, none of which moves an anchor. */
const HARMLESS_FLAGS = /^\(\?[isU]+\)/;
/** With this flag `^` and `$` match at each line. */
const MULTILINE = /\(\?[a-zA-Z]*m/;

/**
 * Whether a regex can only match a value as a whole: an anchor at each end, and no alternative outside of a group, for
 * which only one of them would count. Where that cannot be seen, it is not anchored.
 *
 * @see https://github.com/google/re2/wiki/Syntax
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
