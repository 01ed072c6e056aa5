import { createHash } from 'node:crypto';
import { createDemoRegistry, type DemoRegistryOptions } from '../../demo/registry/registry.ts';

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const CONFIG = '{"os":"linux","architecture":"amd64"}';

export const digestOf = (bytes: string | Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A manifest and its bytes, as the other manifests name it. */
export function manifestOf(content: object, mediaType = IMAGE) {
  const text = JSON.stringify({ schemaVersion: 2, mediaType, ...content });
  return { text, descriptor: { mediaType, digest: digestOf(text), size: text.length } };
}

export function image(changes: object = {}) {
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(CONFIG),
    size: CONFIG.length,
  };
  return manifestOf({ config, layers: [], ...changes });
}

/** A registry with {@link CONFIG} in `a/b`, called without a network. */
export async function openRegistry(options: DemoRegistryOptions = {}) {
  const registry = createDemoRegistry(options);
  const call = (method: string, path: string, init: RequestInit = {}) =>
    registry.fetch(new Request(`http://registry.test/v2/a/b/${path}`, { method, ...init }));
  const push = (reference: string, { text, descriptor }: ReturnType<typeof manifestOf>) =>
    call('PUT', `manifests/${reference}`, { body: text, headers: { 'Content-Type': descriptor.mediaType } });
  await call('POST', `blobs/uploads/?digest=${digestOf(CONFIG)}`, { body: CONFIG });
  return { registry, call, push };
}

/** The status and the first error's code. */
export async function refusal(response: Response) {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return [response.status, errors[0]?.code];
}
