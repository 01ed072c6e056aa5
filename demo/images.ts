import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runProgram } from './process.ts';
import { packTar, readTarFile } from './tar.ts';

/** GOARCH's names, as platform tags have them. */
export type Arch = 'amd64' | 'arm64';
export const ARCHES: readonly Arch[] = ['amd64', 'arm64'];

const ESBUILD_VERSION = '0.28.2';
const PACKAGES = { amd64: '@esbuild/linux-x64', arm64: '@esbuild/linux-arm64' } as const;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** What a layer holds, both ways: a config names it unpacked, a manifest as it travels. */
export interface Layer {
  readonly diffId: string;
  readonly bytes: Buffer;
}

/** Bytes under their digest. */
export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A per-arch image, ready to be pushed. */
export interface Image extends Blob {
  readonly arch: string;
  readonly mediaType: string;
  readonly blobs: readonly Blob[];
}

/** esbuild's real, static binary for each architecture, each packed into a layer. About 9 MB are downloaded. */
export async function packEsbuild(): Promise<Readonly<Record<Arch, Layer>>> {
  const folder = await mkdtemp(`${tmpdir()}/muster-esbuild-`);
  try {
    const packages = Object.values(PACKAGES).map((name) => `${name}@${ESBUILD_VERSION}`);
    await runProgram('npm', ['pack', '--silent', '--pack-destination', folder, ...packages], folder);
    const layer = async (arch: Arch) => {
      const file = `${PACKAGES[arch].replace('@', '').replace('/', '-')}-${ESBUILD_VERSION}.tgz`;
      return packLayer(readTarFile(gunzipSync(await readFile(`${folder}/${file}`)), 'package/bin/esbuild'));
    };
    return { amd64: await layer('amd64'), arm64: await layer('arm64') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A layer with one program, `/esbuild`. */
export function packLayer(program: Uint8Array): Layer {
  const tar = packTar([{ name: 'esbuild', bytes: program, mode: 0o755 }]);
  return { diffId: digestOf(tar), bytes: gzipSync(tar, { level: 1 }) };
}

/**
 * An image of one layer; its title makes images of one layer differ.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function buildImage(arch: string, layer: Layer, title: string): Image {
  const config = json({
    architecture: arch,
    os: 'linux',
    config: { Entrypoint: ['/esbuild'], Labels: { 'org.opencontainers.image.title': title } },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  });
  const bytes = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.byteLength },
    layers: [{ mediaType: LAYER, digest: digestOf(layer.bytes), size: layer.bytes.byteLength }],
  });
  const blobs = [config, layer.bytes].map((blob) => ({ digest: digestOf(blob), bytes: blob }));
  return { arch, mediaType: MANIFEST, digest: digestOf(bytes), bytes, blobs };
}

/** `sha256:…` */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A document's bytes. */
export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
