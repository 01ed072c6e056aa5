import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Repository } from '../../oci/repository.ts';
import type { AuditStore } from './store.ts';

/**
 * A repository whose content is pulled once, whichever registry and audit it came from: a mirror's image mostly is the
 * one that was read before, and some registries count what is pulled.
 */
export function rememberContent(upstream: Repository, store: AuditStore, audit: number): Repository {
  return {
    ...upstream,
    pullManifest: async (reference) => {
      const kept = isDigest(reference) ? store.contentOf(reference, audit) : undefined;
      if (kept) return kept;
      const pulled = await upstream.pullManifest(reference);
      if (pulled) store.putContent(pulled, audit);
      return pulled;
    },
    pullBlob: async (digest: Digest, maxBytes) => {
      const kept = store.contentOf(digest, audit);
      if (kept) return kept.bytes;
      const bytes = await upstream.pullBlob(digest, maxBytes);
      store.putContent({ digest, mediaType: 'application/octet-stream', bytes }, audit);
      return bytes;
    },
  };
}
