import { type Digest, isDigest } from '../../oci/digest.ts';
import { isRepositoryName, isTag } from '../../oci/reference.ts';
import { PullThroughError } from './error.ts';

/** What a path below `/v2/` asks for. `name` is the whole repository name: the registry's, a slash, and the repository's. */
export type RegistryPath =
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob' | 'referrers'; readonly name: string; readonly digest: Digest }
  | { readonly kind: 'tags'; readonly name: string };

const ENDPOINT = /^(?<name>.+)\/(?:(?<tags>tags\/list)|(?<kind>manifests|blobs|referrers)\/(?<reference>[^/]*))$/;

/**
 * The path of a URL exactly as it came, without a query: a parser would resolve `..` before anybody could refuse it.
 */
export function rawPathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.split(/[?#]/, 1)[0] ?? '';
}

/**
 * Parses a path below `/v2/`. Nothing of it is decoded but the colon of a digest, and only what the grammar of names
 * admits goes on to a registry.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 * @throws {PullThroughError} NAME_INVALID, DIGEST_INVALID, MANIFEST_UNKNOWN (a tag that cannot be), ENDPOINT_UNKNOWN
 */
export function parseRegistryPath(path: string): RegistryPath {
  const { name = '', tags, kind, reference = '' } = ENDPOINT.exec(path)?.groups ?? {};
  if (name === '') throw unknownEndpoint(path);
  assertName(name);
  if (tags !== undefined) return { kind: 'tags', name };
  const named = reference.replace(/%3a/gi, ':');
  if (kind === 'manifests') return { kind: 'manifest', name, reference: parseReference(named) };
  if (!isDigest(named))
    throw new PullThroughError('DIGEST_INVALID', 'a digest is sha256: and 64 lower-case hex digits');
  return { kind: kind === 'blobs' ? 'blob' : 'referrers', name, digest: named };
}

/** A path that is no endpoint, because of its name or at all. */
function unknownEndpoint(path: string): PullThroughError {
  const isName = path
    .split('/')
    .every((component) => component !== '' && component !== '..' && !component.includes('%'));
  return isName
    ? new PullThroughError('ENDPOINT_UNKNOWN', 'manifests, blobs, tags/list and referrers of a repository are served')
    : new PullThroughError('NAME_INVALID', 'the repository name is not valid');
}

function assertName(name: string): void {
  if (!isRepositoryName(name) || !name.includes('/'))
    throw new PullThroughError('NAME_INVALID', 'a name is REGISTRY/REPOSITORY, in lower case, at most 255 characters');
}

function parseReference(reference: string): string {
  // What leads elsewhere, or hides behind an escape; any other tag that cannot be is just not there.
  if (/%|^\.\.?$/.test(reference)) throw new PullThroughError('NAME_INVALID', 'the reference is not valid');
  if (reference.includes(':') && !isDigest(reference))
    throw new PullThroughError('DIGEST_INVALID', 'a digest is sha256: and 64 lower-case hex digits');
  if (!isDigest(reference) && !isTag(reference))
    throw new PullThroughError('MANIFEST_UNKNOWN', 'no tag can have this name');
  return reference;
}
