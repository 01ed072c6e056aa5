import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryClient } from '../../demo/client.ts';
import { digestOf, type Image, json } from '../../demo/images.ts';
import type { DemoStack } from '../../demo/stack.ts';
import { attachBundle, signAs } from '../../demo/walk/forgery.ts';
import type { Push } from './push.ts';
import { PLACES } from './release.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LEGACY = 'application/vnd.dev.cosign.artifact.sig.v1+json';

type Kind = 'signed' | 'unsigned' | 'legacy' | 'stranger' | 'old';

/** Images beside those of the release, by tag. */
const IMAGES: readonly (readonly [tag: string, kind: Kind])[] = [
  ['latest-cpu-bark-cpp', 'old'],
  ['latest-cpu-stablediffusion-ggml', 'old'],
  ['latest-cpu-rfdetr', 'unsigned'],
  ['master-cpu-rfdetr', 'unsigned'],
  ['latest-cpu-piper', 'legacy'],
  ['latest-gpu-nvidia-cuda-12-piper', 'legacy'],
  ['latest-cpu-silero-vad', 'stranger'],
  ['latest-gpu-intel-sycl-f16-bark', 'unsigned'],
  ['master-gpu-intel-sycl-f16-bark', 'signed'],
  ['master-cpu-stablediffusion-ggml-development', 'signed'],
];

/** What is published with. */
interface Services {
  readonly stack: DemoStack;
  readonly clients: readonly RegistryClient[];
  readonly push: Push;
}

/**
 * Publishes what no merge of the release does: unsigned, signed by somebody else, too old.
 *
 * @returns the moment between what is too old and the rest, RFC 3339
 */
export async function publishGallery(services: Services): Promise<string> {
  for (const [tag, kind] of IMAGES) if (kind === 'old') await publish(services, tag, kind);
  // Timestamps count seconds.
  await sleep(1_500);
  const cutOff = `${new Date().toISOString().slice(0, 19)}Z`;
  for (const [tag, kind] of IMAGES) if (kind !== 'old') await publish(services, tag, kind);
  return cutOff;
}

async function publish(services: Services, tag: string, kind: Kind): Promise<void> {
  const images = await services.push(tag, ['amd64', 'arm64']);
  const index = buildIndex(images);
  const bundle = await signKind(services.stack, kind, [index, ...images]);
  for (const [at, { repository }] of PLACES.entries()) {
    const client = services.clients[at];
    if (!client) continue;
    await client.pushManifest(repository, tag, index.bytes, INDEX);
    for (const subject of [index, ...images]) {
      if (bundle !== undefined) await attachBundle(client, repository, subject, bundle);
      else if (kind === 'legacy') await attachLegacy(client, repository, subject);
    }
  }
}

function buildIndex(images: readonly Image[]): Image {
  const manifests = images.map(({ arch, mediaType, digest, bytes }) => {
    return { mediaType, digest, size: bytes.byteLength, platform: { os: 'linux', architecture: arch } };
  });
  const bytes = json({ schemaVersion: 2, mediaType: INDEX, manifests });
  return { arch: 'any', mediaType: INDEX, digest: digestOf(bytes), bytes, blobs: [] };
}

async function signKind(
  { issuer, sigstore }: DemoStack,
  kind: Kind,
  subjects: readonly Image[],
): Promise<string | undefined> {
  if (kind === 'unsigned' || kind === 'legacy') return undefined;
  const claims =
    kind === 'stranger'
      ? {
          repository: 'mallory/LocalAI',
          repository_id: '999',
          job_workflow_ref: 'mallory/LocalAI/.github/workflows/backend_merge.yml@refs/heads/master',
        }
      : {};
  const token = await issuer.token(issuer.claims(claims), 'sigstore');
  return signAs(token, sigstore.signingConfig, ...subjects.map(({ digest }) => digest));
}

/** cosign's old format, as its version 2 attaches it. */
async function attachLegacy(
  client: RegistryClient,
  repository: string,
  { mediaType, bytes, digest }: Image,
): Promise<void> {
  const config = Buffer.from('{}');
  await client.pushBlob(repository, { digest: digestOf(config), bytes: config });
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.byteLength };
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: LEGACY,
    config: empty,
    layers: [empty],
    subject: { mediaType, digest, size: bytes.byteLength },
  });
  await client.pushManifest(repository, digestOf(manifest), manifest, MANIFEST);
}
