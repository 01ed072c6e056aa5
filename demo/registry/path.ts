import { RegistryError } from './errors.ts';

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/;

/** What a request is about: the path below `/v2/`, taken apart. */
export interface RegistryPath {
  readonly name: string;
  readonly kind: 'blobs' | 'uploads' | 'manifests' | 'referrers' | 'tags';
  /** A digest, a tag, or the id of an upload; empty for a new upload and for the list of tags. */
  readonly reference: string;
}

/**
 * @returns undefined where the path is none of the specification's
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 * @throws {RegistryError} NAME_INVALID, DIGEST_INVALID, MANIFEST_INVALID
 */
export function parsePath(pathname: string): RegistryPath | undefined {
  const match =
    /^\/v2\/(?<name>.+)\/(?:blobs\/uploads\/(?<upload>[^/]*)|tags\/(?<tags>list)|(?<kind>blobs|manifests|referrers)\/(?<reference>[^/]+))$/.exec(
      pathname,
    );
  const { name = '', upload, tags, kind, reference = '' } = match?.groups ?? {};
  if (!match) return undefined;
  if (!NAME.test(name) || name.length > 255) throw new RegistryError('NAME_INVALID', 'not a repository name');
  if (upload !== undefined) return { name, kind: 'uploads', reference: upload };
  if (tags !== undefined) return { name, kind: 'tags', reference: '' };
  if (kind === 'manifests') {
    if (!isDigest(reference) && !TAG.test(reference))
      throw new RegistryError('MANIFEST_INVALID', 'neither tag nor digest');
    return { name, kind, reference };
  }
  if (!isDigest(reference)) throw new RegistryError('DIGEST_INVALID', 'not a digest');
  return { name, kind: kind === 'referrers' ? 'referrers' : 'blobs', reference };
}

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}
