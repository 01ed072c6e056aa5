import { parseImageReference } from '../../oci/reference.ts';
import type { GalleryEntry } from './parse-gallery.ts';

/** Why LocalAI would come to a reference: the entry's own, one of its mirrors, or its guesses when those fail. */
export type Role = 'uri' | 'mirror' | 'branch' | 'development';

/** A reference that LocalAI tries for an entry. */
export interface Candidate {
  readonly role: Role;
  /** As the gallery has it, or as LocalAI derives it. */
  readonly uri: string;
  /** With its host, `quay.io/a/b:tag`; absent where it is no image. */
  readonly ref?: string;
  /** Whether LocalAI takes it for an image at all. */
  readonly reachable: boolean;
}

const PREFIXES = ['quay.io', 'oci://', 'ghcr.io', 'docker.io'];
/** LocalAI's other schemes for images; nothing that a registry would know. */
const OTHER_SCHEMES = /^(?:ollama|ocifile|https?|file|github|huggingface|hf):/;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1)(?::\d+)?\//;

/**
 * What LocalAI tries for an entry, in its order: the URI, the mirrors, the URI with its first `latest-` replaced by
 * `master-`, and that with `-development` behind it.
 *
 * @see https://github.com/mudler/LocalAI/blob/82c191a/core/gallery/backends.go (InstallBackend)
 */
export function listCandidates(entry: Pick<GalleryEntry, 'uri' | 'mirrors'>): Candidate[] {
  const { uri } = entry;
  if (uri === undefined || uri === '') return [];
  const mirrors = (entry.mirrors ?? []).map((mirror) => createCandidate('mirror', mirror));
  const branch = uri.replace('latest-', 'master-');
  if (branch === uri) return [createCandidate('uri', uri), ...mirrors];
  const development = branch.includes('-development') ? [] : [createCandidate('development', `${branch}-development`)];
  return [createCandidate('uri', uri), ...mirrors, createCandidate('branch', branch), ...development];
}

function createCandidate(role: Role, uri: string): Candidate {
  const ref = normaliseReference(uri);
  return { role, uri, reachable: isReachable(uri), ...(ref === undefined ? {} : { ref }) };
}

/**
 * Whether LocalAI takes a text for an image: it goes by its first characters. A registry on loopback, which no real
 * gallery names, stands in for one that it would know.
 *
 * @see https://github.com/mudler/LocalAI/blob/82c191a/pkg/downloader/uri.go (LooksLikeOCI)
 */
export function isReachable(uri: string): boolean {
  return PREFIXES.some((prefix) => uri.startsWith(prefix)) || LOOPBACK.test(uri);
}

/** A reference with its host; undefined where it is none. */
export function normaliseReference(uri: string): string | undefined {
  if (OTHER_SCHEMES.test(uri)) return undefined;
  try {
    const { registry, repository, tag, digest } = parseImageReference(uri);
    return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
  } catch {
    return undefined;
  }
}
