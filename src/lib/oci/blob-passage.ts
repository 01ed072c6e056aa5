import { discard } from '../body.ts';
import { redirectTarget } from './blobs.ts';
import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, parseDigest } from './digest.ts';
import { refuseStatus } from './respond.ts';

/** Where a blob's bytes are: at an address that needs no credentials, or in this answer (200, or 206 for a range). */
export type PassedBlob =
  | { readonly kind: 'redirect'; readonly location: URL }
  | { readonly kind: 'body'; readonly response: Response };

export interface BlobPassage {
  /**
   * A blob as the registry hands it out, for somebody else to read; undefined where it is not there. A redirect that
   * leaves the registry is told, not followed.
   *
   * @param range - of a `Range` header, `bytes=0-99`; the registry may ignore it and answer with the whole
   */
  passBlob(digest: Digest, range?: string): Promise<PassedBlob | undefined>;
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs */
export function createBlobPassage({ host, name, origin, send }: RepositoryContext): BlobPassage {
  return {
    passBlob: async (digest, range) => {
      const path = `${name}/blobs/${parseDigest(digest)}`;
      const headers: Record<string, string> = range === undefined ? {} : { Range: range };
      const scopes = [scopeOf(name, 'pull')];
      let response = await send({ path, init: { headers }, scopes });
      let url = new URL(path, origin);
      for (let hops = 0; response.status >= 300 && response.status < 400; hops += 1) {
        await discard(response);
        url = redirectTarget(response.headers.get('Location'), url, origin, hops);
        if (url.origin !== origin.origin) return { kind: 'redirect', location: url };
        response = await send({ path: url, init: { headers }, scopes });
      }
      if (response.status === 404) {
        await discard(response);
        return undefined;
      }
      const isRange = response.status === 206 && range !== undefined;
      if (response.status !== 200 && !isRange) return refuseStatus(response, `blob ${host}/${name} ${digest}`);
      return { kind: 'body', response };
    },
  };
}
