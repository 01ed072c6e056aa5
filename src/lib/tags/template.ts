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
  /** Whether the value is escaped for HTML; not between triple braces, `{{{name}}}`. */
  readonly escaped: boolean;
}

/** A text with expressions in it. */
export type Template = readonly (string | Expression)[];

/** The character before matters, since `\{{` escapes, and the one after, since `{{x}}}` is none. */
const MUSTACHE = /(?<![\\{])(?:\{\{\{(?<raw>[^{}]*)\}\}\}|\{\{(?<escaped>[^{}]*)\}\})(?!\})/g;
const EXPRESSION = /^\s*(\w+)(?:\s+(?:'([^']*)'|"([^"]*)"))?(?:\s+tz=(?:'([^']*)'|"([^"]*)"))?\s*$/;

/** Parses a template; undefined where it holds more than such expressions: blocks, comments, loose braces. */
export function parseTemplate(text: string): Template | undefined {
  const template: (string | Expression)[] = [];
  let from = 0;
  for (const match of text.matchAll(MUSTACHE)) {
    const { raw, escaped } = match.groups ?? {};
    const inside = EXPRESSION.exec(raw ?? escaped ?? '');
    if (!inside) return undefined;
    template.push(text.slice(from, match.index));
    template.push({
      name: inside[1] ?? '',
      argument: inside[2] ?? inside[3],
      timeZone: inside[4] ?? inside[5],
      escaped: raw === undefined,
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
 *
 * @see https://handlebarsjs.com/guide/#html-escaping
 */
export function fillTemplate(template: Template, read: (expression: Expression) => string): string {
  return template
    .map((part) => {
      if (typeof part === 'string') return part;
      return part.escaped ? escapeHtml(read(part)) : read(part);
    })
    .join('');
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
