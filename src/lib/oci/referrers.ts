import { z } from 'zod';
import { readJson } from '../http.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Descriptor, descriptorSchema } from './descriptor.ts';
import { type Digest, parseDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { nextPage } from './link.ts';
import { parseManifest, type RawManifest } from './manifest.ts';
import type { Manifests } from './manifests.ts';
import { OCI_INDEX } from './media-types.ts';

const MAX_PAGES = 10;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

export interface Referrers {
  /** What refers to a subject, by the registry's own list and by the fallback tag; `api` says whether there is a list. */
  listReferrers(subject: Digest): Promise<{ readonly descriptors: readonly Descriptor[]; readonly api: boolean }>;
  /** Whether the registry keeps a list. Ask with the digest of a manifest that was just pushed: Quay answers 404 for others. */
  hasReferrersApi(probe: Digest): Promise<boolean>;
}

const listSchema = z.object({ schemaVersion: z.literal(2), manifests: z.array(descriptorSchema).nullable() });

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
export function createReferrers({ name, origin, send }: RepositoryContext, manifests: Manifests): Referrers {
  const scopes = [scopeOf(name, 'pull')];

  /** One page; undefined where the registry keeps no list. ghcr redirects elsewhere, others answer HTML: no list. */
  const pullPage = async (page: URL) => {
    const response = await send({ path: page, init: { headers: { Accept: OCI_INDEX } }, scopes });
    const isList = response.status === 200 && (response.headers.get('Content-Type') ?? '').startsWith(OCI_INDEX);
    if (!isList) {
      await response.body?.cancel();
      return undefined;
    }
    const next = nextPage(response.headers.get('Link'), page);
    const parsed = listSchema.safeParse(await readJson(response, MAX_PAGE_BYTES));
    return parsed.success ? { descriptors: (parsed.data.manifests ?? []) as Descriptor[], next } : undefined;
  };

  const pullList = async (subject: Digest) => {
    const descriptors: Descriptor[] = [];
    let page: URL | undefined = new URL(`${name}/referrers/${parseDigest(subject)}`, origin);
    for (let pages = 0; page !== undefined && pages < MAX_PAGES; pages += 1) {
      const pulled: Awaited<ReturnType<typeof pullPage>> = await pullPage(page);
      if (!pulled) return pages === 0 ? undefined : descriptors;
      descriptors.push(...pulled.descriptors);
      page = pulled.next;
    }
    return descriptors;
  };

  /** The fallback tag may be anything: only an index that is not the subject itself counts. */
  const pullFallback = async (subject: Digest): Promise<readonly Descriptor[]> => {
    const raw = await manifests.pullManifest(referrersTag(subject));
    if (!raw || raw.mediaType !== OCI_INDEX || raw.digest === subject) return [];
    const parsed = parseManifest(raw);
    return parsed.kind === 'index' ? parsed.manifests : [];
  };

  return {
    listReferrers: async (subject) => {
      const [listed, tagged] = await Promise.all([pullList(subject), pullFallback(subject)]);
      const descriptors = [...(listed ?? []), ...tagged];
      return {
        descriptors: [...new Map(descriptors.map((found) => [found.digest, found])).values()],
        api: listed !== undefined,
      };
    },
    hasReferrersApi: async (probe) =>
      (await pullPage(new URL(`${name}/referrers/${parseDigest(probe)}`, origin))) !== undefined,
  };
}

/** The tag that lists a subject's referrers where the registry does not. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/**
 * The fallback index with our descriptor first, since LocalAI reads only the first bundle it finds; those of others
 * stay with all their fields.
 *
 * @throws {OciError} MANIFEST_INVALID where the tag holds something else than an index
 */
export async function mergeReferrer(present: RawManifest | undefined, descriptor: Descriptor): Promise<RawManifest> {
  let document: Record<string, unknown> = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  if (present) {
    if (present.mediaType !== OCI_INDEX)
      throw new OciError('MANIFEST_INVALID', 'the fallback referrers tag holds something else than an index');
    parseManifest(present);
    document = JSON.parse(new TextDecoder().decode(present.bytes)) as Record<string, unknown>;
  }
  const others = (document.manifests as Descriptor[]).filter(({ digest }) => digest !== descriptor.digest);
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests: [descriptor, ...others] }));
  return { bytes, mediaType: OCI_INDEX, digest: await sha256(bytes), size: bytes.byteLength };
}
