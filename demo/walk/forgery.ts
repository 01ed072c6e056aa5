import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_RETRY } from '../../src/lib/http.ts';
import { requestCertificate } from '../../src/lib/sigstore/certificate.ts';
import { signDigests } from '../../src/lib/sigstore/sign.ts';
import { parseSigningConfig } from '../../src/lib/sigstore/signing-config.ts';
import type { RegistryClient } from '../client.ts';
import { digestOf, type Image, json } from '../images.ts';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = 'application/vnd.oci.empty.v1+json';

/** A valid signature over images, by whoever the token names: nobody is kept from signing. */
export async function signAs(token: string, signingConfig: object, ...digests: readonly string[]): Promise<string> {
  const caller = { fetch, now: Date.now, sleep: (ms: number) => sleep(ms), random: Math.random, retry: DEFAULT_RETRY };
  const services = parseSigningConfig(signingConfig, Date.now());
  const identity = await requestCertificate(caller, services.fulcioUrl, token);
  return (await signDigests({ caller, services, identity, digests })).json;
}

/**
 * Attaches a bundle to an image as OCI 1.1 referrer: whoever may push may attach what they like.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
 */
export async function attachBundle(
  client: RegistryClient,
  repository: string,
  subject: Image,
  bundle: string,
): Promise<void> {
  const describe = (mediaType: string, bytes: Uint8Array) => {
    return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  };
  const [layer, config] = [Buffer.from(bundle), Buffer.from('{}')];
  for (const bytes of [layer, config]) await client.pushBlob(repository, { digest: digestOf(bytes), bytes });
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: BUNDLE,
    config: describe(EMPTY, config),
    layers: [describe(BUNDLE, layer)],
    subject: describe(subject.mediaType, subject.bytes),
    annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
  });
  await client.pushManifest(repository, digestOf(manifest), manifest, MANIFEST);
}
