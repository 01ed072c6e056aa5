import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type Claims, type Leg, pullToken } from './caller.ts';
import { runPeer, runProgram } from './process.ts';
import type { RekorMajor, Stack } from './stack.ts';
import { CACHE, IMAGES } from './worker.ts';

const LAYER_BYTES = 200_000;

/** The architectures of the cases' images. */
export const ARCHES = ['amd64', 'arm64'] as const;

/**
 * Pushes one image per architecture to both registries as a build job leaves it: by digest in the published repository
 * (crane wants a tag, `tmp`), and under an anchor in the cache repository.
 */
export async function pushImages(stack: Stack, run_id: string, tagSuffix: string): Promise<Leg[]> {
  const folder = await mkdtemp(`${tmpdir()}/muster-image-`);
  try {
    const legs: Leg[] = [];
    for (const arch of ARCHES) {
      const anchor = `keepalive-${run_id}${tagSuffix}-${arch}`;
      legs.push({ platform_tag: arch, digest: await pushImage(stack, folder, arch, anchor) });
    }
    return legs;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function pushImage(stack: Stack, folder: string, arch: string, anchor: string): Promise<string> {
  const [first, ...others] = stack.registries;
  const image = `${first}/${CACHE}:${anchor}`;
  await writeFile(`${folder}/backend`, randomBytes(LAYER_BYTES));
  await runProgram('tar', ['-C', folder, '-cf', `${folder}/layer.tar`, 'backend']);
  await runPeer('crane', ['append', '--oci-empty-base', '-f', `${folder}/layer.tar`, '-t', image]);
  await runPeer('crane', ['mutate', '--set-platform', `linux/${arch}`, '-t', image, image]);
  await runPeer('crane', ['copy', image, `${first}/${IMAGES}:tmp`]);
  for (const host of others) {
    await runPeer('crane', ['copy', image, `${host}/${CACHE}:${anchor}`]);
    await runPeer('crane', ['copy', image, `${host}/${IMAGES}:tmp`]);
  }
  return (await runPeer('crane', ['digest', image])).trim();
}

/** Whose services sign: those of a pass. */
interface Signing {
  readonly stack: Stack;
  readonly major: RekorMajor;
}

/** Pushes a new image that cosign signs with the token of some workflow, and tags it; answers the image's digest. */
export async function pushSigned(
  signing: Signing,
  registry: string,
  tag: string,
  claims: Claims = {},
): Promise<string> {
  const [image] = await pushImages(signing.stack, `${signing.major}702`, `-cpu-${tag}`);
  const named = `${registry}/${IMAGES}@${image?.digest}`;
  await signWithCosign(signing, named, claims);
  await runPeer('crane', ['tag', named, tag]);
  return image?.digest ?? '';
}

/** Has cosign sign what a reference names, and nothing below it. */
export async function signWithCosign({ stack, major }: Signing, reference: string, claims: Claims = {}): Promise<void> {
  const { signingConfig, trustedRoot } = stack.rekor(major);
  const documents = ['--signing-config', signingConfig, '--trusted-root', trustedRoot];
  const token = ['--identity-token', await pullToken(stack, { aud: 'sigstore', ...claims })];
  await runPeer('cosign', ['sign', '--yes', '--allow-http-registry', ...token, ...documents, reference]);
}
