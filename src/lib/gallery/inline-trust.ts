import { sha256 } from '../oci/digest.ts';
import { SigstoreError } from '../sigstore/error.ts';
import { parseTrustedRoot, type TrustRootMaterial } from '../sigstore/trusted-root.ts';
import type { TrustSource } from './answer.ts';

/** A trusted root's own depth is about seven. */
const MAX_DEPTH = 32;

/**
 * A trusted root that came with a request; used for that request only. Its SHA-256 is that of its compact JSON.
 *
 * @param now - milliseconds since the epoch
 * @throws {SigstoreError} ROOT_INVALID
 */
export async function parseInlineTrust(
  document: object,
  now: number,
): Promise<TrustSource & { readonly material: TrustRootMaterial }> {
  // What nests without end costs seconds to write out again.
  if (!isShallow(document, MAX_DEPTH)) throw new SigstoreError('ROOT_INVALID', 'the trusted root nests too deeply');
  const material = parseTrustedRoot(document);
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(document)));
  return {
    material,
    source: 'request',
    sha256: digest.slice('sha256:'.length),
    fetched_at: new Date(now).toISOString(),
  };
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}
