/**
 * The part of Handlebars that rules use: `{{name}}`, and `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}`.
 *
 * @see https://github.com/docker/metadata-action#global-expressions
 */
export interface Expression {
  readonly name: string;
  /** The first argument: of `date`, its format. */
  readonly argument: string | undefined;
  readonly timeZone: string | undefined;
}

/** A text with expressions in it. */
export type Template = readonly (string | Expression)[];

const MUSTACHE = /\{\{(.*?)\}\}/g;
const EXPRESSION = /^\s*(\w+)(?:\s+(?:'([^']*)'|"([^"]*)"))?(?:\s+tz=(?:'([^']*)'|"([^"]*)"))?\s*$/;

/** Parses a template; undefined where it holds more than such expressions: blocks, triple braces, loose braces. */
export function parseTemplate(text: string): Template | undefined {
  const template: (string | Expression)[] = [];
  let from = 0;
  for (const match of text.matchAll(MUSTACHE)) {
    const inside = EXPRESSION.exec(match[1] ?? '');
    if (!inside) return undefined;
    template.push(text.slice(from, match.index));
    template.push({
      name: inside[1] ?? '',
      argument: inside[2] ?? inside[3],
      timeZone: inside[4] ?? inside[5],
    });
    from = match.index + match[0].length;
  }
  template.push(text.slice(from));
  const loose = template.some((part) => typeof part === 'string' && /\{\{|\}\}/.test(part));
  return loose ? undefined : template.filter((part) => part !== '');
}

/** The expressions of a template. */
export function expressionsOf(template: Template): readonly Expression[] {
  return template.filter((part) => typeof part !== 'string');
}

/**
 * Fills a template in. Values are escaped for HTML, as Handlebars does: a branch `a=b` becomes `a-x3D-b` once the tag
 * is made valid, and would become another tag than the workflow's if it were not.
 */
export function fillTemplate(template: Template, read: (expression: Expression) => string): string {
  return template.map((part) => (typeof part === 'string' ? part : escapeHtml(read(part)))).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '=': '&#x3D;',
};

function escapeHtml(value: string): string {
  return value.replace(/[&<>"'`=]/g, (character) => ESCAPES[character] ?? character);
}
