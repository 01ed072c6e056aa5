import { discard, readBody } from '../body.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, isDigest, sha256 } from './digest.ts';
import { OciError } from './error.ts';
import type { RawManifest } from './manifest.ts';
import { MANIFEST_TYPES } from './media-types.ts';
import { isTag } from './reference.ts';
import { repeatTruncated } from './repeat.ts';
import { mediaTypeOf, refuseStatus } from './respond.ts';

/** What registries agree to take. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const ACCEPT = MANIFEST_TYPES.join(', ');

/** What a registry says of a manifest; `size` is in bytes. */
export interface ManifestHead {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

export interface Manifests {
  /** What a tag or digest names; undefined where it is not there. @throws {OciError} DIGEST_MISMATCH */
  headManifest(reference: string): Promise<ManifestHead | undefined>;
  /** The bytes, with their digest recomputed; undefined where they are not there. @throws {OciError} DIGEST_MISMATCH */
  pullManifest(reference: string): Promise<RawManifest | undefined>;
  pushManifest(reference: string, manifest: Pick<RawManifest, 'bytes' | 'mediaType'>): Promise<void>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
export function createManifests(context: RepositoryContext): Manifests {
  return {
    headManifest: (reference) => headManifest(context, reference),
    pullManifest: (reference) => repeatTruncated(() => pullManifest(context, reference)),
    pushManifest: (reference, manifest) => pushManifest(context, reference, manifest),
  };
}

function pathOf(name: string, reference: string): string {
  if (!isDigest(reference) && !isTag(reference)) throw new OciError('REFERENCE_INVALID', 'neither a tag nor a digest');
  return `${name}/manifests/${reference}`;
}

async function headManifest(context: RepositoryContext, reference: string): Promise<ManifestHead | undefined> {
  const { host, name, send } = context;
  const init = { method: 'HEAD', headers: { Accept: ACCEPT } };
  const response = await send({ path: pathOf(name, reference), init, scopes: [scopeOf(name, 'pull')] });
  if (response.status === 404) return undefined;
  if (response.status !== 200) return refuseStatus(response, `manifest ${host}/${name} ${reference}`);
  const digest = response.headers.get('Docker-Content-Digest');
  // Without one, or with one of another algorithm, only the bytes tell.
  if (!isDigest(digest)) return repeatTruncated(() => pullManifest(context, reference));
  if (isDigest(reference) && digest !== reference)
    throw new OciError('DIGEST_MISMATCH', `${host}/${name} ${reference}: the registry says it is ${digest}`);
  const size = Number(response.headers.get('Content-Length') ?? 0);
  return { digest, mediaType: mediaTypeOf(response), size };
}

async function pullManifest(context: RepositoryContext, reference: string): Promise<RawManifest | undefined> {
  const { host, name, send } = context;
  const init = { headers: { Accept: ACCEPT } };
  const response = await send({ path: pathOf(name, reference), init, scopes: [scopeOf(name, 'pull')] });
  if (response.status === 404) {
    await discard(response);
    return undefined;
  }
  if (response.status !== 200) return refuseStatus(response, `manifest ${host}/${name} ${reference}`);
  const bytes = await readBody(response, MAX_MANIFEST_BYTES);
  // `Docker-Content-Digest` is only the registry's claim.
  const digest = await sha256(bytes);
  if (isDigest(reference) && digest !== reference)
    throw new OciError('DIGEST_MISMATCH', `${host}/${name} ${reference}: the bytes have ${digest}`);
  return { bytes, mediaType: mediaTypeOf(response), digest, size: bytes.byteLength };
}

/** Safe to repeat, so that an answer that was lost costs nothing. */
async function pushManifest(
  { host, name, send }: RepositoryContext,
  reference: string,
  { bytes, mediaType }: Pick<RawManifest, 'bytes' | 'mediaType'>,
): Promise<void> {
  const init = { method: 'PUT', headers: { 'Content-Type': mediaType }, body: bytes };
  const response = await send({ path: pathOf(name, reference), init, scopes: [scopeOf(name, 'pull,push')] });
  if (response.status !== 201) return refuseStatus(response, `push ${host}/${name} ${reference}`);
  await discard(response);
}
