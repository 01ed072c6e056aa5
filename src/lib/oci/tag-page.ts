import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { lazily } from '../lazily.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { OciError } from './error.ts';
import { nextPage } from './link.ts';
import { repeatTruncated } from './repeat.ts';
import { refuseStatus } from './respond.ts';

const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** What a page is asked with: the specification's, and Quay's. */
const PAGE_KEYS = ['n', 'last', 'next_page'] as const;

/** How a page of tags is asked for: how many, and after which. */
export type TagPageQuery = Readonly<Partial<Record<(typeof PAGE_KEYS)[number], string>>>;

export interface TagPage {
  readonly tags: readonly string[];
  /** What to ask for the page after it. */
  readonly next?: TagPageQuery;
}

export interface TagPages {
  /** One page of tags, as the registry cuts it; undefined where there is no such repository. */
  pullTagPage(query: TagPageQuery): Promise<TagPage | undefined>;
}

const schema = lazily(() => z.object({ tags: z.array(z.string()).nullable() }));

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
export function createTagPages(context: RepositoryContext): TagPages {
  return { pullTagPage: (query) => repeatTruncated(() => pullPage(context, query)) };
}

async function pullPage(
  { host, name, origin, send }: RepositoryContext,
  query: TagPageQuery,
): Promise<TagPage | undefined> {
  const page = new URL(`${name}/tags/list`, origin);
  for (const [key, value] of Object.entries(selectPage(query))) page.searchParams.set(key, value);
  const response = await send({ path: page, scopes: [scopeOf(name, 'pull')] });
  if (response.status === 404) {
    await discard(response);
    return undefined;
  }
  if (response.status !== 200) return refuseStatus(response, `tags of ${host}/${name}`);
  const next = nextPage(response.headers.get('Link'), page);
  const parsed = schema.safeParse(await readJson(response, MAX_PAGE_BYTES));
  if (!parsed.success) throw new OciError('MANIFEST_INVALID', `tags of ${host}/${name}: not a tag list`);
  const following = next && selectPage(Object.fromEntries(next.searchParams));
  return { tags: parsed.data.tags ?? [], ...(following ? { next: following } : {}) };
}

/** The part of a query that asks for a page; nothing else goes to the registry. */
export function selectPage(query: Readonly<Record<string, string | undefined>>): TagPageQuery {
  return Object.fromEntries(
    PAGE_KEYS.flatMap((key) => {
      const value = query[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
