import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { lazily } from '../lazily.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { KeepaliveError } from './error.ts';

/** The only registry that `QUAY_TOKEN` is sent to. */
export const QUAY_HOST = 'quay.io';

const TAGS_PER_PAGE = 100;
const MAX_PAGE_BYTES = 1024 * 1024;

const pageSchema = lazily(() =>
  z.object({
    tags: z.array(z.object({ name: z.string(), start_ts: z.number().optional(), manifest_digest: z.string() })),
    has_additional: z.boolean().default(false),
  }),
);

/** Since when a tag holds a digest, in milliseconds since the epoch. */
export interface DatedTag {
  readonly tag: string;
  readonly digest: Digest;
  readonly started_at: number;
}

/** Quay's own API for one repository. It knows what the distribution specification does not: the age of a tag. */
export interface QuayApi {
  /** A page of the tags of an anchor's form, from 1 on; `more` says whether there is another. @throws {KeepaliveError} */
  pullDatedTags(page: number): Promise<{ readonly tags: readonly DatedTag[]; readonly more: boolean }>;
  /** @throws {KeepaliveError} QUAY_REFUSED, QUAY_UNEXPECTED */
  deleteTag(tag: string): Promise<'deleted' | 'absent'>;
}

export interface QuayOptions {
  readonly caller: Caller;
  /** Where Quay is, `https://quay.io`. */
  readonly origin: string;
  /** An OAuth token with the scopes `repo:read` and `repo:write`. */
  readonly token: string;
  /** `go-skynet/ci-cache` */
  readonly repository: string;
}

/** @see https://docs.redhat.com/en/documentation/red_hat_quay/3/html/red_hat_quay_api_reference/tag */
export function createQuayApi({ caller, origin, token, repository }: QuayOptions): QuayApi {
  const base = `${origin}/api/v1/repository/${repository}/tag/`;
  const send = async (method: string, path: string, what: string) => {
    const response = await call(caller, base + path, { method, headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 200 || response.status === 204 || response.status === 404) return response;
    await discard(response);
    const isRefused = response.status === 401 || response.status === 403;
    throw new KeepaliveError(
      isRefused ? 'QUAY_REFUSED' : 'QUAY_UNEXPECTED',
      `Quay's API, ${what} ${repository}: status ${response.status}`,
    );
  };
  return {
    pullDatedTags: async (page) => {
      const query = `?onlyActiveTags=true&filter_tag_name=like:keepalive-&limit=${TAGS_PER_PAGE}&page=${page}`;
      const response = await send('GET', query, 'tags of');
      if (response.status !== 200) {
        await discard(response);
        return { tags: [], more: false };
      }
      const parsed = pageSchema.safeParse(await readJson(response, MAX_PAGE_BYTES));
      if (!parsed.success) throw new KeepaliveError('QUAY_UNEXPECTED', `Quay's API, tags of ${repository}: not a list`);
      const { tags, has_additional } = parsed.data;
      return { tags: tags.flatMap(parseTag), more: has_additional && tags.length > 0 };
    },
    deleteTag: async (tag) => {
      const response = await send('DELETE', encodeURIComponent(tag), `delete ${tag} of`);
      await discard(response);
      return response.status === 404 ? 'absent' : 'deleted';
    },
  };
}

/** A tag without a time has no known age. */
function parseTag(tag: z.infer<typeof pageSchema>['tags'][number]): DatedTag[] {
  const { name, start_ts, manifest_digest: digest } = tag;
  return start_ts !== undefined && isDigest(digest) ? [{ tag: name, digest, started_at: start_ts * 1000 }] : [];
}
