import { writeFileSync } from 'node:fs';
import { pullToken } from './caller.ts';
import { runPeer } from './process.ts';
import type { Stack } from './stack.ts';
import { CACHE, IMAGES } from './worker.ts';

/** What the replaced merge job is given: registries as `host:port`, the Sigstore documents as files. */
export interface YardstickOptions {
  readonly stack: Stack;
  readonly registries: readonly string[];
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly trustedRoot: string;
  readonly signingConfig: string;
}

/**
 * Does what the replaced GitHub job does, registry after registry: create the index, inspect it, sign it and its
 * children with cosign, inspect it again. Answers how long that took, in milliseconds.
 */
export async function mergeWithBuildxAndCosign(options: YardstickOptions): Promise<number> {
  const begun = performance.now();
  for (const registry of options.registries) await mergeOn(registry, options);
  return performance.now() - begun;
}

async function mergeOn(registry: string, options: YardstickOptions): Promise<void> {
  const { stack, tags, digests, trustedRoot, signingConfig } = options;
  const image = `${registry}/${IMAGES}`;
  const named = tags.flatMap((tag) => ['-t', `${image}:${tag}`]);
  const sources = [...digests].sort().map((digest) => `${registry}/${CACHE}@${digest}`);
  await runPeer('buildx', ['imagetools', 'create', ...named, ...sources]);
  const inspect = ['imagetools', 'inspect', `${image}:${tags[0]}`];
  const digest = await runPeer('buildx', [...inspect, '--format', '{{.Manifest.Digest}}']);
  const documents = ['--signing-config', signingConfig, '--trusted-root', trustedRoot];
  const token = ['--identity-token', await pullToken(stack, { aud: 'sigstore' })];
  const flags = ['--yes', '--recursive', '--allow-http-registry'];
  await runPeer('cosign', ['sign', ...flags, ...token, ...documents, `${image}@${digest.trim()}`]);
  await runPeer('buildx', inspect);
}

/** Writes a Sigstore document for a program that wants it in a file; answers the file's name. */
export function writeDocument(stack: Stack, name: string, document: unknown): string {
  const file = `${stack.folder}/${name}`;
  writeFileSync(file, JSON.stringify(document));
  return file;
}
