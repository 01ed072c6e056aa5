import { type Context, Hono } from 'hono';
import type { Config } from '../lib/config.ts';
import { PullThroughError } from '../lib/gallery/pull-through/error.ts';
import type { Admission, Flaw } from '../lib/gallery/pull-through/gatekeeper.ts';
import { parseRegistryPath, type RegistryPath, rawPathOf } from '../lib/gallery/pull-through/path.ts';
import { findPlace, nameOfPlace, type Place } from '../lib/gallery/pull-through/place.ts';
import type { Descriptor } from '../lib/oci/descriptor.ts';
import type { Digest } from '../lib/oci/digest.ts';
import { OCI_INDEX } from '../lib/oci/media-types.ts';
import type { Repository } from '../lib/oci/repository.ts';
import { selectPage } from '../lib/oci/tag-page.ts';
import type { Outcome } from '../lib/outcome.ts';
import type { AppEnv } from './app-types.ts';
import { etagOf, hasAlready, identify, notModified } from './content-headers.ts';
import { type BlobRequest, serveBlob } from './registry-blob.ts';
import { failureOf, renderFailure, renderReadOnly, renderRefusal } from './registry-error.ts';

/** Says what of one repository, `host/name`, may be served. */
export interface Gate {
  admit(repository: string, reference: string): Promise<Outcome<Admission>>;
  admitBlob(repository: string, digest: Digest): Promise<Outcome<number>>;
  referrersOf(repository: string, subject: Digest): Promise<Outcome<readonly Descriptor[] | Flaw>>;
}

export interface RegistryDeps {
  readonly config: Config;
  readonly gate: (place: Place) => Gate;
  /** The repository upstream. */
  readonly upstream: (place: Place) => Repository;
}

type Provide = (c: Context<AppEnv>) => RegistryDeps;

/**
 * A read-only registry that serves only what verifies, at `/v2`. A repository's name there starts with the alias or
 * host of its registry.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
export function registryRoutes(provide: Provide): Hono<AppEnv> {
  return new Hono<AppEnv>().all('*', async (c) => {
    const response = await answer(c, provide);
    response.headers.set('Docker-Distribution-API-Version', 'registry/2.0');
    return response;
  });
}

async function answer(c: Context<AppEnv>, provide: Provide): Promise<Response> {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return renderReadOnly();
  const path = rawPathOf(c.req.raw.url).replace(/^\/v2\/?/, '');
  if (path === '') return Response.json({});
  try {
    const asked = parseRegistryPath(path);
    const deps = provide(c);
    return await serve(c, asked, findPlace(deps.config, asked.name, c.req.query('ns')), deps);
  } catch (error) {
    return renderFailure(failureOf(error));
  }
}

async function serve(c: Context<AppEnv>, asked: RegistryPath, place: Place, deps: RegistryDeps): Promise<Response> {
  const gate = deps.gate(place);
  const repository = nameOfPlace(place);
  if (asked.kind === 'tags') return serveTags(asked.name, c.req.query(), deps.upstream(place));
  if (asked.kind === 'referrers') {
    const listed = await gate.referrersOf(repository, asked.digest);
    return listed.ok ? serveReferrers(listed.value, c.req.queries('artifactType') ?? []) : renderFailure(listed);
  }
  if (asked.kind === 'manifest') {
    const admission = await gate.admit(repository, asked.reference);
    return admission.ok ? serveManifest(c, admission.value) : renderFailure(admission);
  }
  const size = await gate.admitBlob(repository, asked.digest);
  if (!size.ok) return renderFailure(size);
  return serveBlob(blobRequestOf(c), { digest: asked.digest, size: size.value, upstream: deps.upstream(place) });
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
function serveManifest(c: Context, admission: Admission): Response {
  if (!admission.admitted) return renderRefusal(admission.flaw);
  const { manifest, flaw } = admission;
  if (hasAlready(c.req.header('If-None-Match'), etagOf(manifest.digest))) return notModified(manifest.digest);
  const headers = {
    ...identify(manifest.digest),
    'Content-Type': manifest.mediaType,
    'Content-Length': String(manifest.bytes.byteLength),
    // A tag may move, and a policy change: a client asks each time, which costs it no body.
    'Cache-Control': 'no-cache',
    ...(flaw ? { 'Muster-Verdict': flaw.code } : {}),
  };
  return new Response(c.req.method === 'HEAD' ? null : manifest.bytes, { headers });
}

/**
 * The list is an index, also where nobody refers to the subject.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
function serveReferrers(listed: readonly Descriptor[] | Flaw, artifactTypes: readonly string[]): Response {
  if ('code' in listed) return renderRefusal(listed);
  const wanted = artifactTypes.filter((type) => type !== '');
  const isFiltered = wanted.length > 0;
  const manifests = isFiltered ? listed.filter(({ artifactType = '' }) => wanted.includes(artifactType)) : listed;
  const headers = { 'Content-Type': OCI_INDEX, ...(isFiltered ? { 'OCI-Filters-Applied': 'artifactType' } : {}) };
  return Response.json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, { headers });
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
async function serveTags(name: string, query: Record<string, string>, upstream: Repository): Promise<Response> {
  if (query.n !== undefined && !/^\d{1,6}$/.test(query.n))
    throw new PullThroughError('PAGINATION_NUMBER_INVALID', 'n is a number');
  const page = await upstream.pullTagPage(selectPage(query));
  if (!page) throw new PullThroughError('NAME_UNKNOWN', 'the repository is not there');
  const namespace = query.ns === undefined ? {} : { ns: query.ns };
  const next =
    page.next && `</v2/${name}/tags/list?${new URLSearchParams({ ...page.next, ...namespace })}>; rel="next"`;
  return Response.json({ name, tags: page.tags }, next ? { headers: { Link: next } } : {});
}

function blobRequestOf(c: Context): BlobRequest {
  return {
    isHead: c.req.method === 'HEAD',
    range: c.req.header('Range'),
    ifRange: c.req.header('If-Range'),
    ifNoneMatch: c.req.header('If-None-Match'),
  };
}
