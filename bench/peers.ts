import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { RegistryClient } from '../demo/client.ts';
import { buildImage, type Image, packLayer } from '../demo/images.ts';
import type { WorkerProcess } from '../demo/worker.ts';
import { startWorkerd } from '../demo/workerd.ts';
import { pullToken } from '../interop/caller.ts';
import { type CountedStack, countStack } from '../interop/proxies.ts';
import { installPeers, type RekorMajor, type Stack, startStack, stopStack } from '../interop/stack.ts';
import { AUDIENCE, buildConfig, CACHE, IMAGES } from '../interop/worker.ts';

const BASE_PORT = 7600;
const TIMEOUT_MS = 300_000;

/** Platform tags, and what images of these platforms say of themselves. */
const ARCHES = ['amd64', 'arm64', '386', 'ppc64le', 's390x', 'riscv64', 'loong64', 'mips64le'] as const;
/** What Muster does not know by itself. */
const PLATFORMS = { loong64: 'linux/loong64', mips64le: 'linux/mips64le' };

/** Starts the real peers, and stops them in the end. @throws {Error} where they cannot be built, or do not start */
export async function withPeers<Value>(work: (stack: Stack) => Promise<Value>): Promise<Value> {
  await installPeers();
  const folder = await mkdtemp(`${tmpdir()}/muster-bench-`);
  try {
    return await work(await startStack(folder, BASE_PORT));
  } finally {
    await stopStack(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A merge whose images are in both registries, and whose legs have not arrived yet. */
export interface PeerMerge {
  readonly run_id: string;
  readonly suffix: string;
  readonly images: readonly Image[];
}

/** The built Worker before the real peers, each behind a proxy that counts and delays. */
export interface PeerWorld {
  readonly stack: Stack;
  readonly major: RekorMajor;
  readonly counted: CountedStack;
  /** Pushes images as builds leave them: by digest, where they will be published and in the cache. */
  push(arches: number): Promise<PeerMerge>;
  /** Reports all legs but the last. @param registries 1 or 2: how many of them the project publishes to */
  prepare(merge: PeerMerge, registries: number): Promise<void>;
  /** Reports the last leg, which publishes. @returns milliseconds */
  finish(merge: PeerMerge, registries: number): Promise<number>;
}

/** @param work is given a fresh Worker */
export async function withPeerWorld<Value>(
  stack: Stack,
  major: RekorMajor,
  work: (world: PeerWorld) => Promise<Value>,
): Promise<Value> {
  const counted = await countStack(stack, major);
  const config = buildConfig({ stack, major, signingConfig: counted.signingConfig, origins: counted.registries });
  const [project] = config.projects;
  const single = { ...project, name: 'single', targets: project?.targets.slice(0, 1) };
  const projects = [project, single].map((one) => ({ ...one, platforms: PLATFORMS }));
  const worker = await startWorkerd({ ...config, projects });
  try {
    return await work(createPeerWorld({ stack, major, counted, worker }));
  } finally {
    await worker.stop();
    counted.close();
  }
}

let runs = Date.now() % 1_000_000;

function createPeerWorld(parts: Pick<PeerWorld, 'stack' | 'major' | 'counted'> & { worker: WorkerProcess }): PeerWorld {
  const { worker, ...rest } = parts;
  const { stack } = rest;
  const clients = stack.registries.map((host) => new RegistryClient({ host }));
  const report = async (merge: PeerMerge, { arch, digest }: Image, registries: number, status: number) => {
    const { run_id, suffix, images } = merge;
    const [bearer, token] = await Promise.all([AUDIENCE, 'sigstore'].map((aud) => pullToken(stack, { run_id, aud })));
    const expect = images.map((image) => image.arch);
    const project = registries === 1 ? 'single' : 'localai';
    const begun = performance.now();
    const response = await fetch(`${worker.url}/v1/arrivals`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${bearer}`, 'Sigstore-Token': `${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ tag_suffix: suffix, platform_tag: arch, digest, expect, project }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status !== status) throw new Error(`a report: ${response.status} ${text.slice(0, 300)}`);
    return performance.now() - begun;
  };
  return {
    ...rest,
    push: async (arches) => {
      runs += 1;
      const merge = { run_id: String(runs), suffix: `-cpu-bench-${runs}` };
      const images = ARCHES.slice(0, arches).map((arch) =>
        buildImage(arch, packLayer(Buffer.from(`a program for ${arch}`)), merge.suffix),
      );
      for (const client of clients)
        for (const image of images) for (const repository of [IMAGES, CACHE]) await client.pushImage(repository, image);
      return { ...merge, images };
    },
    prepare: async (merge, registries) => {
      for (const image of merge.images.slice(0, -1)) await report(merge, image, registries, 202);
    },
    finish: async (merge, registries) => {
      const last = merge.images.at(-1);
      if (!last) throw new Error('a merge has a leg');
      return report(merge, last, registries, 200);
    },
  };
}
