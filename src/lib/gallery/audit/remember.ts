import { type Digest, isDigest } from '../../oci/digest.ts';
import type { RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import type { AuditStore } from './store.ts';

type Content = RawManifest | undefined;

const BLOB = 'application/octet-stream';

/**
 * Makes repositories whose content is pulled once, whichever registry and audit it came from, also side by side: a
 * mirror's image mostly is the one that was read before, and some registries count what is pulled.
 */
export function createMemory(store: AuditStore, audit: number): (upstream: Repository) => Repository {
  const underWay = new Map<string, Promise<Content>>();
  const once = async (kind: 'manifest' | 'blob', digest: Digest, pull: () => Promise<Content>): Promise<Content> => {
    const kept = store.contentOf(digest, audit);
    // Somebody may call a manifest a blob, and so make us pull it as one.
    if (kept && (kind === 'blob' || kept.mediaType !== BLOB)) return kept;
    // What another registry fails to give, this one may have.
    const key = `${kind} ${digest}`;
    const known = underWay.get(key);
    const other = known && (await known.catch(() => undefined));
    if (other) return other;
    const pulling = pull()
      .then((pulled) => {
        if (pulled) store.putContent(pulled, audit);
        return pulled;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, pulling);
    return pulling;
  };
  return (upstream) => ({
    ...upstream,
    pullManifest: (reference) => {
      if (!isDigest(reference)) return upstream.pullManifest(reference);
      return once('manifest', reference, () => upstream.pullManifest(reference));
    },
    pullBlob: async (digest, maxBytes) => {
      const pull = async () => toContent(digest, await upstream.pullBlob(digest, maxBytes));
      return (await once('blob', digest, pull))?.bytes ?? upstream.pullBlob(digest, maxBytes);
    },
  });
}

function toContent(digest: Digest, bytes: Uint8Array): RawManifest {
  return { digest, bytes, mediaType: BLOB, size: bytes.byteLength };
}
