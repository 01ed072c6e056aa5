import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { lazily } from '../lazily.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, parseDigest } from './digest.ts';
import { OciError } from './error.ts';
import { nextPage } from './link.ts';
import { isTag } from './reference.ts';
import { repeatTruncated } from './repeat.ts';
import { refuseStatus } from './respond.ts';

/** Quay gives no more than 100 tags a page, whatever is asked. */
const MAX_PAGES = 2000;
const TAGS_PER_PAGE = 1000;
const MAX_PAGE_BYTES = 1024 * 1024;
const DELETED = [200, 202, 204];

export interface Tags {
  /** Deletes a tag, never a digest, which would take every tag of it along. @throws {OciError} DENIED, UNSUPPORTED */
  deleteTag(tag: string): Promise<'deleted' | 'absent'>;
  /** Deletes a manifest that only its digest names, as a referrer. @throws {OciError} DENIED, UNSUPPORTED */
  deleteReferrer(digest: Digest): Promise<'deleted' | 'absent'>;
  /** The tags, a page at a time; none where there is no such repository. @throws {OciError} LINK_INVALID where the pages never end */
  listTags(): AsyncGenerator<string[]>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management */
export function createTags(context: RepositoryContext): Tags {
  return {
    deleteTag: async (tag) => {
      if (!isTag(tag)) throw new OciError('REFERENCE_INVALID', 'not a tag');
      return deleteManifest(context, tag);
    },
    deleteReferrer: (digest) => deleteManifest(context, parseDigest(digest)),
    listTags: () => listTags(context),
  };
}

async function deleteManifest(
  { host, name, send }: RepositoryContext,
  reference: string,
): Promise<'deleted' | 'absent'> {
  const path = `${name}/manifests/${reference}`;
  const response = await send({ path, init: { method: 'DELETE' }, scopes: [scopeOf(name, 'delete,pull')] });
  if (response.status !== 404 && !DELETED.includes(response.status))
    return refuseStatus(response, `delete ${host}/${name} ${reference}`);
  await discard(response);
  return response.status === 404 ? 'absent' : 'deleted';
}

async function* listTags(context: RepositoryContext): AsyncGenerator<string[]> {
  const { host, name, origin } = context;
  const asked = new Set<string>();
  let page: URL | undefined = new URL(`${name}/tags/list?n=${TAGS_PER_PAGE}`, origin);
  while (page !== undefined) {
    if (asked.has(page.href) || asked.size >= MAX_PAGES)
      throw new OciError('LINK_INVALID', `${host}/${name}: the pages of tags do not end`);
    asked.add(page.href);
    const url: URL = page;
    const pulled: Page | undefined = await repeatTruncated(() => pullPage(context, url));
    if (!pulled) return;
    yield pulled.tags;
    page = pulled.next;
  }
}

interface Page {
  readonly tags: string[];
  readonly next: URL | undefined;
}

const pageSchema = lazily(() => z.object({ tags: z.array(z.string()).nullable() }));

async function pullPage({ host, name, send }: RepositoryContext, page: URL): Promise<Page | undefined> {
  const response = await send({ path: page, scopes: [scopeOf(name, 'pull')] });
  if (response.status === 404) {
    await discard(response);
    return undefined;
  }
  if (response.status !== 200) return refuseStatus(response, `tags of ${host}/${name}`);
  const next = nextPage(response.headers.get('Link'), page);
  const parsed = pageSchema.safeParse(await readJson(response, MAX_PAGE_BYTES));
  if (!parsed.success) throw new OciError('MANIFEST_INVALID', `tags of ${host}/${name}: not a tag list`);
  return { tags: parsed.data.tags ?? [], next };
}
