import type { Digest } from '../lib/oci/digest.ts';

/** The entity tag of content that is named by its digest. */
export function etagOf(digest: Digest): string {
  return `"${digest}"`;
}

/** How content of a registry names itself. */
export function identify(digest: Digest): Record<string, string> {
  return { 'Docker-Content-Digest': digest, ETag: etagOf(digest) };
}

/**
 * Whether a client has the content of this entity tag already. Weak tags count: ours name bytes, equal or not.
 *
 * @param etag - with its quotes
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 */
export function notModified(digest: Digest): Response {
  return new Response(null, { status: 304, headers: identify(digest) });
}
