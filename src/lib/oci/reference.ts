import { type Digest, isDigest } from './digest.ts';
import { OciError } from './error.ts';

/** `registry` is the host as clients write it: `docker.io`, `quay.io`, `localhost:5000`. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const MAX_LENGTH = 1024;

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** A repository name as it may stand in a URL, at most 255 characters. */
export function isRepositoryName(name: string): boolean {
  return name.length <= 255 && name.split('/').every((component) => COMPONENT.test(component));
}

/**
 * Parses an image reference as Docker does: `a/b` is `docker.io/a/b`, `a` is `docker.io/library/a`; without tag and
 * digest it is `latest`. An `oci://` in front is left out.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/normalize.go
 * @throws {OciError} REFERENCE_INVALID
 */
export function parseImageReference(text: string): ImageReference {
  if (text.length > MAX_LENGTH)
    throw new OciError('REFERENCE_INVALID', `a reference has at most ${MAX_LENGTH} characters`);
  const [named, digest, ...more] = text.replace(/^oci:\/\//, '').split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest)))
    throw new OciError('REFERENCE_INVALID', 'after @ stands sha256: and 64 lower-case hex digits');
  const { name, tag } = splitTag(named ?? '');
  if (tag !== undefined && !isTag(tag)) throw new OciError('REFERENCE_INVALID', 'the tag is not valid');
  const { registry, repository } = parseRepository(name);
  if (digest !== undefined && isDigest(digest))
    return { registry, repository, digest, ...(tag === undefined ? {} : { tag }) };
  return { registry, repository, tag: tag ?? 'latest' };
}

/** A colon after the last slash starts the tag; one before it is a port. */
function splitTag(named: string): { name: string; tag?: string } {
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return colon < 0 ? { name: named } : { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

/** Splits a repository's full name into host and name. @throws {OciError} REFERENCE_INVALID */
export function parseRepository(text: string): { readonly registry: string; readonly repository: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const host = isHost ? first : 'docker.io';
  const registry = host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
  const rest = isHost ? text.slice(slash + 1) : text;
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/.test(registry) || !isRepositoryName(repository))
    throw new OciError('REFERENCE_INVALID', 'the repository name is not valid');
  return { registry, repository };
}
