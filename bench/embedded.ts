import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE, CORE } from '../demo/config.ts';
import type { Handler } from '../demo/handler.ts';
import { buildImage, type Image, packLayer } from '../demo/images.ts';
import { startWorkerd } from '../demo/workerd.ts';
import { AT_ONCE, startWorld, type World, type WorldOptions } from '../test/flow/world.ts';

/** What each service's answers are delayed by, in milliseconds. */
export interface Latencies {
  readonly registry: number;
  readonly fulcio: number;
  readonly rekor: number;
  /** Default: none. */
  readonly timestamp?: number;
}

/** The embedded services, whose latency can be set and whose calls are counted. */
export interface MeasuredWorld extends World {
  setLatencies(latencies: Latencies): void;
  /** Calls since the last `resetCalls`, `POST /api/v2/signingCert`. */
  calls(): readonly string[];
  resetCalls(): void;
}

const NONE: Latencies = { registry: 0, fulcio: 0, rekor: 0 };

/** The embedded services with the built Worker; project `core` has anchors, as LocalAI's backends do. */
export async function startMeasuredWorld(options: WorldOptions = {}): Promise<MeasuredWorld> {
  let latencies = NONE;
  let calls: string[] = [];
  const intercept = async (request: Request, handler: Handler) => {
    const { pathname } = new URL(request.url);
    calls.push(`${request.method} ${pathname}`);
    const ms = delayOf(pathname, latencies);
    if (ms > 0) await sleep(ms);
    return handler(request);
  };
  const world = await startWorld({ configure: withAnchors, startOn: startWorkerd, ...options, intercept });
  return {
    ...world,
    setLatencies: (next) => {
      latencies = next;
    },
    calls: () => calls,
    resetCalls: () => {
      calls = [];
    },
  };
}

function delayOf(pathname: string, { registry, fulcio, rekor, timestamp = 0 }: Latencies): number {
  if (pathname === '/api/v2/signingCert') return fulcio;
  if (pathname === '/api/v1/timestamp') return timestamp;
  if (pathname.includes('/log/entries')) return rekor;
  return pathname.startsWith('/v2/') || pathname === '/token' ? registry : 0;
}

type Configure = NonNullable<WorldOptions['configure']>;

const withAnchors: Configure = (config) => ({
  ...config,
  projects: config.projects.map((project) => ({
    ...project,
    targets: project.targets.map((target) => ({
      ...target,
      source: target.repository.replace(/\/go-skynet\/.*/, `/${CACHE}`),
    })),
  })),
});

/** A merge of project `core` whose legs are in both registries, and have arrived but for the last. */
export interface ReadyMerge {
  readonly suffix: string;
  readonly images: readonly Image[];
  readonly run_id: string;
}

const ARCHES = ['amd64', 'arm64', '386', 'ppc64le', 's390x', 'riscv64'] as const;

/** @param arches how many legs, up to six */
export async function prepareMerge(
  world: World,
  merge: { readonly run_id: string; readonly suffix: string; readonly arches?: number },
): Promise<ReadyMerge> {
  const { run_id, suffix, arches = 2 } = merge;
  const images = ARCHES.slice(0, arches).map((arch) =>
    buildImage(arch, packLayer(Buffer.from(`a program for ${arch}`)), `${run_id}${suffix}`),
  );
  // As builds leave them: by digest where they will be published, and in the cache.
  for (const client of world.clients)
    for (const image of images) for (const repository of [CORE, CACHE]) await client.pushImage(repository, image);
  const ready = { suffix, images, run_id };
  for (const image of images.slice(0, -1)) await reportLeg(world, ready, image, 202);
  return ready;
}

/** The last report, which publishes. @returns its time in milliseconds */
export async function timeLastReport(world: World, ready: ReadyMerge): Promise<number> {
  const last = ready.images.at(-1);
  if (!last) throw new Error('a merge has a leg');
  const begun = performance.now();
  await reportLeg(world, ready, last, 200);
  return performance.now() - begun;
}

async function reportLeg(world: World, { suffix, run_id, images }: ReadyMerge, image: Image, status: number) {
  const { arch, digest } = image;
  const expect = images.map((other) => other.arch);
  const answer = await world.report({ suffix, arch, digest, expect, claims: { ...AT_ONCE, run_id } });
  if (answer.status !== status)
    throw new Error(`a report: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
}
