import { type Digest, isDigest } from '../../oci/digest.ts';
import { isIndexType, isManifestType } from '../../oci/media-types.ts';
import type { Repository } from '../../oci/repository.ts';
import type { VerifiedStore } from './store.ts';

/** A repository whose manifests are pulled once, and whose kept blobs not at all: a digest always means the same bytes. */
export function readThrough(upstream: Repository, store: VerifiedStore): Repository {
  return {
    ...upstream,
    pullManifest: async (reference: string) => {
      const kept = isDigest(reference) ? store.contentOf(reference) : undefined;
      // The digest of a bundle is none of a manifest.
      if (kept && (isManifestType(kept.mediaType) || isIndexType(kept.mediaType))) return kept;
      const pulled = await upstream.pullManifest(reference);
      if (pulled) store.putContent(pulled);
      return pulled;
    },
    pullBlob: async (digest: Digest, maxBytes: number) =>
      store.contentOf(digest)?.bytes ?? (await upstream.pullBlob(digest, maxBytes)),
  };
}
