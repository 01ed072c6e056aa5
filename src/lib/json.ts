/** What strict JSON leaves room for: `JSON.parse` silently keeps the last of two equal keys. */
const STRUCTURE = /["{}[\]]/g;
const STRING_END = /["\\]/g;

/**
 * Parses JSON in which no object names a key twice: different readers keep different ones of the two.
 *
 * @param fold - makes the same of keys that some reader does not tell apart
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 * @throws {SyntaxError} whose message is our own words, and continues a sentence
 */
export function parseStrictJson(text: string, fold: (key: string) => string = (key) => key): unknown {
  const json = parse(text);
  const repeated = findRepeatedKey(text, fold);
  if (repeated !== undefined) throw new SyntaxError(`repeats the key "${repeated.slice(0, 64)}"`);
  return json;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text.
    throw new SyntaxError('is not JSON');
  }
}

/** Bytes as UTF-8, without a byte order mark. @throws {TypeError} where they are something else */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Walks the strings and brackets of a text that is known to be JSON; a string before a colon is a key. */
function findRepeatedKey(text: string, fold: (key: string) => string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  STRUCTURE.lastIndex = 0;
  for (let found = STRUCTURE.exec(text); found; found = STRUCTURE.exec(text)) {
    if (found[0] === '{') objects.push(new Set());
    else if (found[0] === '[') objects.push(undefined);
    else if (found[0] !== '"') objects.pop();
    else {
      const end = endOfString(text, found.index + 1);
      STRUCTURE.lastIndex = end;
      const seen = objects.at(-1);
      if (!seen || !isKey(text, end)) continue;
      const key = JSON.parse(text.slice(found.index, end)) as string;
      if (seen.has(fold(key))) return key;
      seen.add(fold(key));
    }
  }
  return undefined;
}

/** Behind the quote that ends a string. */
function endOfString(text: string, start: number): number {
  STRING_END.lastIndex = start;
  for (let found = STRING_END.exec(text); found; found = STRING_END.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    STRING_END.lastIndex = found.index + 2;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at += 1;
  return text.charAt(at) === ':';
}
