import { OciError } from './error.ts';

/**
 * The next page of a list, from its `Link` header; at the same origin, and another page than this one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @throws {OciError} LINK_INVALID
 */
export function nextPage(header: string | null, page: URL): URL | undefined {
  const match = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(header ?? '');
  if (!match?.[1]) return undefined;
  if (!URL.canParse(match[1], page)) throw new OciError('LINK_INVALID', 'the next page is not a URL');
  const next = new URL(match[1], page);
  if (next.origin !== page.origin || next.href === page.href)
    throw new OciError('LINK_INVALID', 'the next page is elsewhere, or this one');
  return next;
}
