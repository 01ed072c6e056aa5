import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' };

/** Where Sigstore's public-good instance publishes its documents. @see https://docs.sigstore.dev/about/the-importance-of-verification/ */
export const PUBLIC_GOOD_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';

/** What @sigstore/tuf ships of the public-good instance, as text: a TUF root, and the trusted root of that day. */
export interface PackagedDocuments {
  readonly root: string;
  readonly trustedRoot: string;
}

/** The packaged documents of a mirror; undefined where it is not the public-good one. */
export function packagedDocuments(mirror: string): PackagedDocuments | undefined {
  if (mirror !== PUBLIC_GOOD_MIRROR) return undefined;
  const { 'root.json': root, targets } = seeds[PUBLIC_GOOD_MIRROR];
  const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
  return { root: text(root), trustedRoot: text(targets['trusted_root.json']) };
}
