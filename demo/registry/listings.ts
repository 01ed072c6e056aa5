import type { RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { type Manifest, parseManifest } from './manifests.ts';
import type { RegistryPath } from './path.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
export function listTags({ catalogue }: RegistryContext, { name }: RegistryPath, request: Request): Response {
  const repository = catalogue.find(name);
  if (!repository) throw new RegistryError('NAME_UNKNOWN', 'no such repository');
  const query = new URL(request.url).searchParams;
  const last = query.get('last');
  const limit = query.has('n') ? Number(query.get('n')) : Number.POSITIVE_INFINITY;
  const rest = [...repository.tags.keys()].sort().filter((tag) => last === null || tag > last);
  const tags = rest.slice(0, limit);
  const next = `/v2/${name}/tags/list?n=${limit}&last=${encodeURIComponent(tags.at(-1) ?? '')}`;
  const headers: Record<string, string> =
    rest.length > tags.length && tags.length > 0 ? { Link: `<${next}>; rel="next"` } : {};
  return Response.json({ name, tags }, { headers });
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
export function listReferrers(
  { catalogue, abilities }: RegistryContext,
  { name, reference }: RegistryPath,
  request: Request,
): Response {
  if (!abilities.referrersApi) return new Response('404 page not found\n', { status: 404 });
  const wanted = new URL(request.url).searchParams.get('artifactType');
  const all = [...(catalogue.find(name)?.manifests.values() ?? [])].flatMap((stored) => {
    const manifest = parseManifest(stored);
    if (manifest.subject?.digest !== reference) return [];
    const { digest, mediaType, bytes } = stored;
    const artifactType = artifactTypeOf(manifest);
    const { annotations } = manifest;
    return [
      {
        mediaType,
        digest,
        size: bytes.byteLength,
        ...(artifactType ? { artifactType } : {}),
        ...(annotations ? { annotations } : {}),
      },
    ];
  });
  const manifests = wanted === null ? all : all.filter(({ artifactType }) => artifactType === wanted);
  const headers: Record<string, string> = { 'Content-Type': INDEX };
  if (wanted !== null) headers['OCI-Filters-Applied'] = 'artifactType';
  return new Response(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), { headers });
}

/** An image without one is of its config's type; an index has none. */
function artifactTypeOf({ artifactType, config }: Manifest): string | undefined {
  return artifactType ?? config?.mediaType;
}
