import { z } from 'zod';
import { digestLike, readAll } from './bytes.ts';
import type { StoredManifest, StoredRepository } from './catalogue.ts';
import type { RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest, type RegistryPath } from './path.ts';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const IMAGES = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Layers that are kept elsewhere. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers */
const FOREIGN = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
  platform: z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
});
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema).optional(),
  subject: descriptorSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

type Descriptor = z.infer<typeof descriptorSchema>;

/** A manifest's content. */
export type Manifest = z.infer<typeof manifestSchema>;

/** By their bytes, which never change. */
const parsed = new WeakMap<Uint8Array, Manifest>();

export function parseManifest({ bytes }: Pick<StoredManifest, 'bytes'>): Manifest {
  const known = parsed.get(bytes);
  if (known) return known;
  const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  parsed.set(bytes, manifest);
  return manifest;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
export async function answerManifest(
  context: RegistryContext,
  path: RegistryPath,
  request: Request,
): Promise<Response> {
  if (request.method === 'PUT') return pushManifest(context, path, request);
  const { name, reference } = path;
  const repository = context.catalogue.find(name);
  const found = repository && resolve(repository, reference);
  if (!repository || !found) throw new RegistryError('MANIFEST_UNKNOWN', 'the repository has no such manifest');
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const { digest, mediaType, bytes } = found;
      const headers = {
        'Content-Type': mediaType,
        'Content-Length': String(bytes.byteLength),
        'Docker-Content-Digest': digest,
      };
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), { headers });
    }
    case 'DELETE':
      for (const gone of deleteManifest(repository, reference))
        context.written({ kind: 'delete', name, reference: gone, digest: found.digest });
      return new Response(null, { status: 202 });
    default:
      throw new RegistryError('UNSUPPORTED', 'not a way to handle a manifest');
  }
}

/** What a tag or digest names. */
export function resolve({ tags, manifests }: StoredRepository, reference: string): StoredManifest | undefined {
  return manifests.get(isDigest(reference) ? reference : (tags.get(reference) ?? ''));
}

/** A tag goes alone; a digest takes every tag of it along. @returns what is gone */
function deleteManifest({ tags, manifests }: StoredRepository, reference: string): readonly string[] {
  manifests.delete(reference);
  const gone = isDigest(reference) ? [...tags].flatMap(([tag, digest]) => (digest === reference ? [tag] : [])) : [];
  for (const tag of [...gone, reference]) tags.delete(tag);
  return [...gone, reference];
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests */
async function pushManifest(
  context: RegistryContext,
  { name, reference }: RegistryPath,
  request: Request,
): Promise<Response> {
  const bytes = await readAll(request.body, MAX_MANIFEST_BYTES);
  const digest = digestLike(isDigest(reference) ? reference : `sha256:${'0'.repeat(64)}`, bytes);
  if (isDigest(reference) && digest !== reference)
    throw new RegistryError('DIGEST_INVALID', 'the bytes have another digest');
  const mediaType = (request.headers.get('Content-Type') ?? '').split(';')[0]?.trim() ?? '';
  const manifest = checkManifest(mediaType, bytes);
  await checkReferences(context, name, manifest, mediaType);
  const repository = context.catalogue.open(name);
  // Pushed again, a manifest keeps its place in the lists.
  if (!repository.manifests.has(digest)) repository.manifests.set(digest, { digest, mediaType, bytes });
  if (!isDigest(reference)) repository.tags.set(reference, digest);
  context.written({ kind: 'manifest', name, reference, digest });
  const headers: Record<string, string> = {
    Location: `/v2/${name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
  };
  if (manifest.subject && context.abilities.referrersApi) headers['OCI-Subject'] = manifest.subject.digest;
  return new Response(null, { status: 201, headers });
}

function checkManifest(mediaType: string, bytes: Uint8Array): Manifest {
  if (![...IMAGES, ...INDEXES].includes(mediaType))
    throw new RegistryError('MANIFEST_INVALID', `not a manifest type: ${mediaType}`);
  let manifest: Manifest;
  try {
    manifest = parseManifest({ bytes });
  } catch {
    throw new RegistryError('MANIFEST_INVALID', 'not a manifest');
  }
  if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType)
    throw new RegistryError('MANIFEST_INVALID', 'mediaType is not the Content-Type');
  const isIndex = INDEXES.includes(mediaType);
  if (isIndex ? !manifest.manifests : !(manifest.config && manifest.layers))
    throw new RegistryError('MANIFEST_INVALID', 'the manifest lacks what its type demands');
  return manifest;
}

/** Everything that a manifest names must be there, and be as it says, but for its subject. */
async function checkReferences(
  { catalogue, blobs }: RegistryContext,
  name: string,
  { config, layers = [], manifests = [] }: Manifest,
  mediaType: string,
): Promise<void> {
  const repository = catalogue.find(name);
  if (INDEXES.includes(mediaType)) {
    for (const child of manifests) {
      const stored = repository?.manifests.get(child.digest);
      checkReference(child, stored?.bytes.byteLength);
      if (stored?.mediaType !== child.mediaType)
        throw new RegistryError('MANIFEST_INVALID', `of another type: ${child.digest}`);
    }
    return;
  }
  for (const blob of config ? [config, ...layers] : layers) {
    const size = repository?.blobs.has(blob.digest) ? await blobs.size(blob.digest) : undefined;
    if (size !== undefined || !FOREIGN.test(blob.mediaType)) checkReference(blob, size);
  }
}

/** @param size what the repository has; undefined where it has not */
function checkReference(descriptor: Descriptor, size: number | undefined): void {
  if (size === undefined) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', `not there: ${descriptor.digest}`);
  if (size !== descriptor.size) throw new RegistryError('MANIFEST_INVALID', `of another size: ${descriptor.digest}`);
}
