import type { Descriptor } from '../../oci/descriptor.ts';
import { EMPTY_DIGEST, sha256 } from '../../oci/digest.ts';
import type { RawManifest } from '../../oci/manifest.ts';

export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const MANIFEST_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY_MEDIA_TYPE = 'application/vnd.oci.empty.v1+json';

/** The empty JSON object that stands for a config. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
export const EMPTY_CONFIG = new TextEncoder().encode('{}');

/**
 * The manifest that attaches a bundle to a subject; the same bytes for the same bundle and subject.
 *
 * @param signedAt - when the bundle was signed, milliseconds since the epoch
 * @see https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md
 */
export async function buildBundleManifest(
  subject: Descriptor,
  layer: Descriptor,
  signedAt: number,
): Promise<RawManifest & { readonly descriptor: Descriptor }> {
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
    'org.opencontainers.image.created': new Date(signedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    artifactType: BUNDLE_MEDIA_TYPE,
    config: { mediaType: EMPTY_MEDIA_TYPE, digest: EMPTY_DIGEST, size: EMPTY_CONFIG.byteLength },
    layers: [layer],
    subject,
    annotations,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  const digest = await sha256(bytes);
  const size = bytes.byteLength;
  const descriptor = { mediaType: MANIFEST_MEDIA_TYPE, digest, size, annotations, artifactType: BUNDLE_MEDIA_TYPE };
  return { bytes, mediaType: MANIFEST_MEDIA_TYPE, digest, size, descriptor };
}
