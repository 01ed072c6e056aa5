import type { RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { type Manifest, parseManifest } from './manifests.ts';
import type { RegistryPath } from './path.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags */
export function listTags(
  { catalogue, abilities }: RegistryContext,
  { name }: RegistryPath,
  request: Request,
): Response {
  checkReading(request);
  const repository = catalogue.find(name);
  if (!repository) throw new RegistryError('NAME_UNKNOWN', 'no such repository');
  const query = new URL(request.url).searchParams;
  const [n, last] = [query.get('n'), query.get('last')];
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new RegistryError('PAGINATION_NUMBER_INVALID', 'n is not a number');
  const limit = Math.min(n === null ? Number.POSITIVE_INFINITY : Number(n), abilities.pageSize);
  const rest = [...repository.tags.keys()]
    .sort(compareTags)
    .filter((tag) => last === null || compareTags(tag, last) > 0);
  const tags = rest.slice(0, limit);
  const next = `/v2/${name}/tags/list?n=${limit}&last=${encodeURIComponent(tags.at(-1) ?? '')}`;
  return Response.json({ name, tags }, { headers: tags.length > 0 && rest.length > tags.length ? linkTo(next) : {} });
}

/** "Lexical order (i.e. case-insensitive alphanumeric order)"; of two that differ in case only, the capital first. */
function compareTags(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a === b) return left < right ? -1 : Number(left > right);
  return a < b ? -1 : 1;
}

/** @see https://www.rfc-editor.org/rfc/rfc8288 */
function linkTo(next: string): Record<string, string> {
  return { Link: `<${next}>; rel="next"` };
}

function checkReading({ method }: Request): void {
  if (method !== 'GET' && method !== 'HEAD') throw new RegistryError('UNSUPPORTED', 'a list is only read');
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers */
export function listReferrers(
  { catalogue, abilities }: RegistryContext,
  { name, reference }: RegistryPath,
  request: Request,
): Response {
  if (!abilities.referrersApi) return new Response('404 page not found\n', { status: 404 });
  checkReading(request);
  const query = new URL(request.url).searchParams;
  const wanted = query.get('artifactType');
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
  const filtered = wanted === null ? all : all.filter(({ artifactType }) => artifactType === wanted);
  const from = Number(query.get('from') ?? 0);
  const manifests = filtered.slice(from, from + abilities.pageSize);
  const headers: Record<string, string> = { 'Content-Type': INDEX };
  if (wanted !== null) headers['OCI-Filters-Applied'] = 'artifactType';
  if (filtered.length > from + manifests.length) {
    query.set('from', String(from + manifests.length));
    Object.assign(headers, linkTo(`/v2/${name}/referrers/${reference}?${query}`));
  }
  return new Response(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), { headers });
}

/** An image without one, or with an empty one, is of its config's type; an index has none. */
function artifactTypeOf({ artifactType, config }: Manifest): string | undefined {
  return artifactType || config?.mediaType;
}
