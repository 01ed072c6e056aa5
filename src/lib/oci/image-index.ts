import type { Descriptor, Platform } from './descriptor.ts';
import { sha256 } from './digest.ts';
import type { RawManifest } from './manifest.ts';
import { DOCKER_LIST, OCI_INDEX } from './media-types.ts';

/**
 * Builds the index over these descriptors: byte for byte what `buildx imagetools create` writes for them in this order.
 *
 * Children that are all of Docker's types give a Docker manifest list, others an OCI index.
 *
 * @see https://github.com/docker/buildx/blob/v0.38.2/util/imagetools/create.go
 */
export async function buildIndex(children: readonly Descriptor[]): Promise<RawManifest> {
  const docker = children.every(({ mediaType }) => mediaType.startsWith('application/vnd.docker.'));
  const mediaType = docker ? DOCKER_LIST : OCI_INDEX;
  const bytes = new TextEncoder().encode(
    stringifyAsGo({ schemaVersion: 2, mediaType, manifests: children.map(orderDescriptor) }),
  );
  return { bytes, mediaType, digest: await sha256(bytes), size: bytes.byteLength };
}

/** The fields in the order of Go's struct; those that are empty are left out. */
function orderDescriptor(descriptor: Descriptor): object {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  return withoutEmpty({
    mediaType,
    digest,
    size,
    urls,
    annotations: annotations && sortKeys(annotations),
    data,
    platform: platform && orderPlatform(platform),
    artifactType,
  });
}

function orderPlatform(platform: Platform): object {
  const { architecture, os, variant } = platform;
  const kept = withoutEmpty({ 'os.version': platform['os.version'], 'os.features': platform['os.features'], variant });
  return { architecture, os, ...kept };
}

function sortKeys(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Go's `omitempty`; a size of 0 is no such field, and stays. */
function withoutEmpty(fields: Record<string, unknown>): object {
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

/** `json.MarshalIndent(…, "", "  ")`, with the escapes that Go makes for HTML's sake. */
function stringifyAsGo(value: object): string {
  return JSON.stringify(value, null, 2).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
