import type { Digest } from '../lib/oci/digest.ts';

/** How content names itself; its digest is its entity tag. */
export function identify(digest: Digest): Record<string, string> {
  return { 'Docker-Content-Digest': digest, ETag: `"${digest}"` };
}

/**
 * Whether a client has this content already. Weak tags count: digests are equal or not.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function hasAlready(ifNoneMatch: string | undefined, digest: Digest): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${digest}"`);
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 */
export function notModified(digest: Digest): Response {
  return new Response(null, { status: 304, headers: identify(digest) });
}
