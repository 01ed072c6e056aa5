import { createCipheriv, createHash } from 'node:crypto';
import type { RegistryAccess } from '../demo/client.ts';
import { RegistryClient } from '../demo/client.ts';
import { digestOf, json } from '../demo/images.ts';

const PIECE_BYTES = 1024 * 1024;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** An image whose one layer is large: pseudorandom bytes that are made as they are sent. */
export interface LargeImage {
  readonly digest: string;
  readonly arch: 'amd64';
  readonly layer: { readonly digest: string; readonly size: number };
}

/** Makes such an image, and pushes it to a registry that takes pushes without credentials. @param size in bytes */
export async function pushLargeImage(registry: RegistryAccess, repository: string, size: number): Promise<LargeImage> {
  const hash = createHash('sha256');
  for (const piece of piecesOf(size)) hash.update(piece);
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${hash.digest('hex')}`, size };
  const diff_ids = [layer.digest];
  const config = json({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids } });
  const described = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.byteLength,
  };
  const bytes = json({ schemaVersion: 2, mediaType: MANIFEST, config: described, layers: [layer] });
  await upload(registry, repository, layer);
  const client = new RegistryClient(registry);
  await client.pushBlob(repository, { digest: described.digest, bytes: config });
  await client.pushManifest(repository, digestOf(bytes), bytes, MANIFEST);
  return { digest: digestOf(bytes), arch: 'amd64', layer };
}

async function upload({ host }: RegistryAccess, repository: string, layer: LargeImage['layer']): Promise<void> {
  const opened = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(opened.headers.get('Location') ?? '', opened.url);
  location.searchParams.set('digest', layer.digest);
  const pieces = piecesOf(layer.size);
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
  });
  const init = { method: 'PUT', body, duplex: 'half', headers: { 'Content-Type': 'application/octet-stream' } };
  const answer = await fetch(location, init);
  if (answer.status !== 201) throw new Error(`the layer was not taken: ${answer.status} ${await answer.text()}`);
}

/** The same bytes each time, and none like another. */
function* piecesOf(size: number): Generator<Buffer, undefined> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(PIECE_BYTES);
  for (let left = size; left > 0; left -= PIECE_BYTES)
    yield cipher.update(zeros.subarray(0, Math.min(left, PIECE_BYTES)));
  return undefined;
}
