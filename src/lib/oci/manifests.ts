import { z } from 'zod';
import { HttpError, readBody, readJson } from '../http.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, isDigest, parseDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import { nextPage } from './link.ts';
import type { RawManifest } from './manifest.ts';
import { MANIFEST_TYPES } from './media-types.ts';
import { isTag } from './reference.ts';
import { refuseStatus } from './respond.ts';

/** What registries agree to take. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_TAG_PAGES = 200;
const TAGS_PER_PAGE = 1000;
const MAX_TAG_PAGE_BYTES = 1024 * 1024;
const BODY_TRIES = 3;

const tagListSchema = z.object({ tags: z.array(z.string()).nullable() });

export interface Manifests {
  /** What a tag or digest names; undefined where it is not there. */
  headManifest(
    reference: string,
  ): Promise<{ readonly digest: Digest; readonly mediaType: string; readonly size: number } | undefined>;
  /** The bytes, with their digest recomputed; undefined where they are not there. @throws {OciError} DIGEST_MISMATCH */
  pullManifest(reference: string): Promise<RawManifest | undefined>;
  pushManifest(reference: string, manifest: Pick<RawManifest, 'bytes' | 'mediaType'>): Promise<void>;
  /** Deletes a tag, never a digest, which would take every tag of it along. @throws {OciError} DENIED, UNSUPPORTED */
  deleteTag(tag: string): Promise<'deleted' | 'absent'>;
  /** The tags, a page at a time. */
  listTags(): AsyncGenerator<string[]>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
export function createManifests({ host, name, origin, send }: RepositoryContext): Manifests {
  const pathOf = (reference: string) => {
    if (!isDigest(reference) && !isTag(reference))
      throw new OciError('REFERENCE_INVALID', 'neither a tag nor a digest');
    return `${name}/manifests/${reference}`;
  };
  const at = (reference: string) => `${host}/${name} ${reference}`;
  const accept = MANIFEST_TYPES.join(', ');

  const pullOnce = async (reference: string): Promise<RawManifest | undefined> => {
    const response = await send({
      path: pathOf(reference),
      init: { headers: { Accept: accept } },
      scopes: [scopeOf(name, 'pull')],
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) return refuseStatus(response, `manifest ${at(reference)}`);
    const mediaType = mediaTypeOf(response);
    const bytes = await readBody(response, MAX_MANIFEST_BYTES);
    // `Docker-Content-Digest` is only the registry's claim.
    const digest = await sha256(bytes);
    if (isDigest(reference) && digest !== reference)
      throw new OciError('DIGEST_MISMATCH', `${at(reference)}: the bytes have ${digest}`);
    return { bytes, mediaType, digest, size: bytes.byteLength };
  };

  const pullManifest: Manifests['pullManifest'] = (reference) => repeatTruncated(() => pullOnce(reference));

  return {
    pullManifest,
    headManifest: async (reference) => {
      const init = { method: 'HEAD', headers: { Accept: accept } };
      const response = await send({ path: pathOf(reference), init, scopes: [scopeOf(name, 'pull')] });
      if (response.status === 404) return undefined;
      if (response.status !== 200) return refuseStatus(response, `manifest ${at(reference)}`);
      const digest = response.headers.get('Docker-Content-Digest');
      if (digest === null) return pullManifest(reference);
      return {
        digest: parseDigest(digest),
        mediaType: mediaTypeOf(response),
        size: Number(response.headers.get('Content-Length') ?? 0),
      };
    },
    pushManifest: async (reference, { bytes, mediaType }) => {
      const init = { method: 'PUT', headers: { 'Content-Type': mediaType }, body: bytes };
      const response = await send({ path: pathOf(reference), init, scopes: [scopeOf(name, 'pull,push')] });
      if (response.status !== 201) return refuseStatus(response, `push ${at(reference)}`);
      await response.body?.cancel();
    },
    deleteTag: async (tag) => {
      if (!isTag(tag)) throw new OciError('REFERENCE_INVALID', 'not a tag');
      const response = await send({
        path: pathOf(tag),
        init: { method: 'DELETE' },
        scopes: [scopeOf(name, 'delete,pull')],
      });
      if (response.status === 404) {
        await response.body?.cancel();
        return 'absent';
      }
      if (response.status !== 202 && response.status !== 200 && response.status !== 204)
        return refuseStatus(response, `delete ${at(tag)}`);
      await response.body?.cancel();
      return 'deleted';
    },
    listTags: async function* () {
      let page: URL | undefined = new URL(`${name}/tags/list?n=${TAGS_PER_PAGE}`, origin);
      for (let pages = 0; page !== undefined; pages += 1) {
        if (pages >= MAX_TAG_PAGES)
          throw new OciError('LINK_INVALID', `${host}/${name}: more than ${MAX_TAG_PAGES} pages of tags`);
        const response: Response = await send({ path: page, scopes: [scopeOf(name, 'pull')] });
        if (response.status === 404) return;
        if (response.status !== 200) return refuseStatus(response, `tags of ${host}/${name}`);
        const next = nextPage(response.headers.get('Link'), page);
        const parsed = tagListSchema.safeParse(await readJson(response, MAX_TAG_PAGE_BYTES));
        if (!parsed.success) throw new OciError('MANIFEST_INVALID', `tags of ${host}/${name}: not a tag list`);
        yield parsed.data.tags ?? [];
        page = next;
      }
    },
  };
}

function mediaTypeOf(response: Response): string {
  return (response.headers.get('Content-Type') ?? '').split(';')[0]?.trim() ?? '';
}

/** A body that breaks off is asked for again: reading is safe to repeat. */
export async function repeatTruncated<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HttpError) || error.code !== 'BODY_TRUNCATED' || tries >= BODY_TRIES) throw error;
    }
  }
}
