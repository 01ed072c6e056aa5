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
 * @throws {TagError} `code`, naming the text, where a quote is not closed or the text has several lines
 */
export function parseAttributes(text: string, code: TagErrorCode): readonly Attribute[] {
  if (/[\r\n]/.test(text)) throw new TagError(code, `"${text.split(/[\r\n]/)[0]}…": more than one line`);
  return splitFields(text, code).map((field) => {
    const equals = field.indexOf('=');
    if (equals <= 0) return { key: undefined, value: field };
    return { key: field.slice(0, equals).trim().toLowerCase(), value: field.slice(equals + 1).trim() };
  });
}

/** The fields, trimmed, their quotes taken off. */
function splitFields(text: string, code: TagErrorCode): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"' && quoted && text.charAt(index + 1) === '"') {
      field += '"';
      index += 1;
    } else if (character === '"') {
      // A quote inside a plain word is more likely a slip than a meaning.
      if (!quoted && !/(^|=)\s*$/.test(field)) throw new TagError(code, `"${text}": a stray quote`);
      quoted = !quoted;
    } else if (character === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  if (quoted) throw new TagError(code, `"${text}": a quote is not closed`);
  return [...fields, field].map((part) => part.trim()).filter((part) => part !== '');
}
