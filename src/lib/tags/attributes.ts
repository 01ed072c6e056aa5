import { TagError, type TagErrorCode } from './error.ts';

/** One `key=value` of a rule or flavor; a field without `=` is a value alone, its key is undefined. */
export interface Attribute {
  /** In lower case. */
  readonly key: string | undefined;
  readonly value: string;
}

/**
 * Splits `type=semver,pattern={{raw}},"match=a,b"` at its commas.
 *
 * A comma between double quotes stays, whether the whole field is quoted (as CSV has it) or only the value; a quote
 * within is written twice. Empty fields are passed over.
 *
 * @see https://github.com/docker/metadata-action#tags-input
 * @see https://www.rfc-editor.org/rfc/rfc4180#section-2
 * @throws {TagError} `code`, naming the text, where a quote is not closed, or stands or ends inside a word
 */
export function parseAttributes(text: string, code: TagErrorCode): readonly Attribute[] {
  return splitFields(text, code).map((field) => {
    const equals = field.indexOf('=');
    if (equals <= 0) return { key: undefined, value: field };
    return { key: field.slice(0, equals).trim().toLowerCase(), value: field.slice(equals + 1).trim() };
  });
}

/** A field, or a value after its `=`, that begins here. */
const BEGINNING = /(^|=)\s*$/;

/** The fields, trimmed, their quotes taken off. */
function splitFields(text: string, code: TagErrorCode): string[] {
  const fields: string[] = [];
  let field = '';
  let rest = text;
  while (rest !== '') {
    if (rest.startsWith(',')) {
      fields.push(field);
      field = '';
      rest = rest.slice(1);
      continue;
    }
    const quoted = /^"((?:[^"]|"")*)"\s*(?=,|$)/.exec(rest);
    // A quote inside a plain word is more likely a slip than a meaning.
    if (rest.startsWith('"') && !(quoted && BEGINNING.test(field)))
      throw new TagError(code, `"${text}": a quote is stray, or not closed`);
    const [whole, inner] = quoted ?? /^[^",]+/.exec(rest) ?? [rest];
    field += inner === undefined ? whole : inner.replaceAll('""', '"');
    rest = rest.slice(whole.length);
  }
  return [...fields, field].map((part) => part.trim()).filter((part) => part !== '');
}
