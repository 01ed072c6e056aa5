import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { CodedError } from '../error.ts';
import { lazily } from '../lazily.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Descriptor, descriptorSchema } from './descriptor.ts';
import { type Digest, parseDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { nextPage } from './link.ts';
import { parseManifest, type RawManifest } from './manifest.ts';
import type { Manifests } from './manifests.ts';
import { OCI_INDEX } from './media-types.ts';
import { repeatTruncated } from './repeat.ts';
import { mediaTypeOf, refuseStatus } from './respond.ts';

const MAX_PAGES = 10;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** How a registry without the list answers, besides redirects and pages of HTML. */
const NO_LIST = [400, 404, 405, 406, 410, 501];

/** Counts each pull of a manifest, and no HEAD. @see https://docs.docker.com/docker-hub/usage/pulls/ */
const COUNTS_PULLS = 'docker.io';

export interface Referrers {
  /**
   * What refers to a subject, by the registry's own list and by the fallback tag; `api` says whether there is a list.
   * Where both name a manifest, the list's descriptor counts: it is what other clients see. They are shown the list
   * where there is one, and only else what the tag names.
   *
   * @throws {OciError} where the list cannot be read (401, 403, a broken answer): it may hold anything
   */
  listReferrers(subject: Digest): Promise<{
    readonly descriptors: readonly Descriptor[];
    readonly shown: readonly Descriptor[];
    readonly api: boolean;
  }>;
  /**
   * What refers to a subject by the registry's own list alone, which is all that clients ask where there is one;
   * undefined where the registry keeps none.
   */
  listByApi(subject: Digest): Promise<readonly Descriptor[] | undefined>;
  /** Whether the registry keeps a list. Ask with the digest of a manifest that was just pushed: Quay answers 404 for others. */
  hasReferrersApi(probe: Digest): Promise<boolean>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
export function createReferrers(context: RepositoryContext, manifests: Manifests): Referrers {
  const firstPage = (subject: Digest) => new URL(`${context.name}/referrers/${parseDigest(subject)}`, context.origin);
  return {
    listReferrers: async (subject) => {
      const [listed, tagged] = await Promise.allSettled([
        pullList(context, firstPage(subject)),
        pullFallback(context, manifests, subject),
      ]);
      if (listed.status === 'rejected') throw listed.reason;
      // What is wrong with the tag's content does not hide the list.
      if (tagged.status === 'rejected' && !(listed.value && isBroken(tagged.reason))) throw tagged.reason;
      const fallback = tagged.status === 'fulfilled' ? tagged.value : [];
      const unique = new Map<Digest, Descriptor>();
      for (const found of [...(listed.value ?? []), ...fallback]) {
        if (!unique.has(found.digest)) unique.set(found.digest, found);
      }
      return {
        descriptors: [...unique.values()],
        shown: listed.value ?? fallback,
        api: listed.value !== undefined,
      };
    },
    listByApi: (subject) => pullList(context, firstPage(subject)),
    hasReferrersApi: async (probe) => (await pullPage(context, firstPage(probe))) !== undefined,
  };
}

function isBroken(error: unknown): boolean {
  return error instanceof CodedError && (error.code === 'MANIFEST_INVALID' || error.code === 'BODY_TOO_LARGE');
}

/** The whole list, up to a limit; undefined where the registry keeps none. */
async function pullList(context: RepositoryContext, first: URL): Promise<readonly Descriptor[] | undefined> {
  const descriptors: Descriptor[] = [];
  let page: URL | undefined = first;
  for (let pages = 0; page !== undefined && pages < MAX_PAGES; pages += 1) {
    const pulled: Page | undefined = await pullPage(context, page);
    if (!pulled && pages === 0) return undefined;
    if (!pulled) throw new OciError('LINK_INVALID', `${context.host}/${context.name}: the referrers list breaks off`);
    descriptors.push(...pulled.descriptors);
    page = pulled.next;
  }
  return descriptors;
}

interface Page {
  readonly descriptors: readonly Descriptor[];
  readonly next: URL | undefined;
}

const pageSchema = lazily(() => z.object({ schemaVersion: z.literal(2), manifests: z.array(z.unknown()).nullish() }));

/** One page; undefined where the registry keeps no list. ghcr redirects elsewhere, others answer HTML. */
function pullPage({ host, name, send }: RepositoryContext, page: URL): Promise<Page | undefined> {
  return repeatTruncated(async () => {
    const init = { headers: { Accept: OCI_INDEX } };
    const response = await send({ path: page, init, scopes: [scopeOf(name, 'pull')] });
    const { status } = response;
    const isElsewhere = status === 200 && mediaTypeOf(response) !== OCI_INDEX;
    if (isElsewhere || (status >= 300 && status < 400) || NO_LIST.includes(status)) {
      await discard(response);
      return undefined;
    }
    if (status !== 200) return refuseStatus(response, `referrers in ${host}/${name}`);
    const next = nextPage(response.headers.get('Link'), page);
    const parsed = pageSchema.safeParse(await readJson(response, MAX_PAGE_BYTES));
    if (!parsed.success) throw new OciError('MANIFEST_INVALID', `referrers in ${host}/${name}: not an index`);
    return { descriptors: (parsed.data.manifests ?? []).flatMap(parseListed), next };
  });
}

/** One that cannot be read, say with a digest of another algorithm, does not hide the others. */
function parseListed(listed: unknown): Descriptor[] {
  const parsed = descriptorSchema.safeParse(listed);
  return parsed.success ? [parsed.data] : [];
}

/** The fallback tag may be anything: only an index that is not the subject itself counts. */
async function pullFallback(
  { host }: RepositoryContext,
  manifests: Manifests,
  subject: Digest,
): Promise<readonly Descriptor[]> {
  if (host === COUNTS_PULLS && !(await manifests.headManifest(referrersTag(subject)))) return [];
  const raw = await manifests.pullManifest(referrersTag(subject));
  if (!raw || raw.mediaType !== OCI_INDEX || raw.digest === subject) return [];
  const parsed = parseManifest(raw);
  return parsed.kind === 'index' ? parsed.manifests : [];
}

/** The tag that lists a subject's referrers where the registry does not. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/**
 * The fallback index with our descriptor first, since LocalAI reads only the first bundle it finds; those of others
 * stay with all their fields.
 *
 * @param present - what the tag holds; a registry may resolve the tag to the subject itself, which then is not added to
 * @throws {OciError} MANIFEST_INVALID where the tag holds something else than an index
 */
export async function mergeReferrer(
  present: RawManifest | undefined,
  descriptor: Descriptor,
  subject?: Digest,
): Promise<RawManifest> {
  const document = readFallback(present, subject) ?? { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  const others = document.manifests.filter(({ digest }) => digest !== descriptor.digest);
  return writeFallback({ ...document, manifests: [descriptor, ...others] });
}

/**
 * The fallback index without one referrer; undefined where it does not name it.
 *
 * @throws {OciError} MANIFEST_INVALID where the tag holds something else than an index
 */
export async function withoutReferrer(
  present: RawManifest | undefined,
  referrer: Digest,
  subject: Digest,
): Promise<RawManifest | undefined> {
  const document = readFallback(present, subject);
  const manifests = document?.manifests.filter(({ digest }) => digest !== referrer) ?? [];
  if (!document || manifests.length === document.manifests.length) return undefined;
  return writeFallback({ ...document, manifests });
}

type FallbackDocument = Readonly<Record<string, unknown>> & { readonly manifests: readonly Descriptor[] };

/** As it is, with fields that nobody here knows. A registry may resolve the tag to the subject itself: then there is none. */
function readFallback(present: RawManifest | undefined, subject: Digest | undefined): FallbackDocument | undefined {
  if (!present || present.digest === subject) return undefined;
  if (present.mediaType !== OCI_INDEX)
    throw new OciError('MANIFEST_INVALID', 'the fallback referrers tag holds something else than an index');
  parseManifest(present);
  return JSON.parse(new TextDecoder().decode(present.bytes)) as FallbackDocument;
}

async function writeFallback(document: FallbackDocument): Promise<RawManifest> {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { bytes, mediaType: OCI_INDEX, digest: await sha256(bytes), size: bytes.byteLength };
}
