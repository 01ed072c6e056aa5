import { OciError } from './error.ts';

/**
 * The next page of a list, from its `Link` header; at the same origin, and another page than this one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @throws {OciError} LINK_INVALID
 */
export function nextPage(header: string | null, page: URL): URL | undefined {
  const target = scanLinks(header ?? '').find(({ rel }) => rel.includes('next'))?.target;
  if (target === undefined) return undefined;
  if (!URL.canParse(target, page)) throw new OciError('LINK_INVALID', 'the next page is not a URL');
  const next = new URL(target, page);
  if (next.origin !== page.origin || next.href === page.href)
    throw new OciError('LINK_INVALID', 'the next page is elsewhere, or this one');
  return next;
}

interface Link {
  readonly target: string;
  /** Relation types, in lower case. */
  readonly rel: readonly string[];
}

const SEPARATORS = /[\s,]*/y;
const TARGET = /<([^<>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"<>]*)(?:\s*=\s*(?:"([^"]*)"|([^\s;,"<>]*)))?/y;

/** Scans the header from left to right, once: each character is looked at a fixed number of times. What cannot be read ends it. */
function scanLinks(header: string): Link[] {
  const links: Link[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(SEPARATORS);
    const target = take(TARGET)?.[1];
    if (target === undefined) return links;
    let rel: string | undefined;
    for (let parameter = take(PARAMETER); parameter; parameter = take(PARAMETER)) {
      // The first one counts. @see https://www.rfc-editor.org/rfc/rfc8288#section-3.3
      if (parameter[1]?.toLowerCase() === 'rel') rel ??= parameter[2] ?? parameter[3];
    }
    links.push({ target, rel: (rel ?? '').toLowerCase().split(/\s+/) });
  }
}
