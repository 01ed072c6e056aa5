import { runInDurableObject } from 'cloudflare:test';
import { env as bindings } from 'cloudflare:workers';
import { vi } from 'vitest';
import { createDemoRegistry } from '../../../demo/registry/registry.ts';
import type { Env } from '../../../src/lib/environment.ts';
import { KeepalivesObject } from '../../../src/lib/keepalive/keepalives-object.ts';
import type { Anchor } from '../../../src/lib/keepalive/types.ts';
import { anchorTag } from '../../../src/lib/merge/arrivals/arrival.ts';
import type { MergeState } from '../../../src/lib/merge/state.ts';
import { type Digest, sha256 } from '../../../src/lib/oci/digest.ts';
import { mergeName, runName } from '../../../src/lib/runs/names.ts';
import type { RunStanding } from '../../../src/lib/runs/types.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const REPOSITORY = 'team/cache';
/** In milliseconds. */
export const HOUR = 3_600_000;

export interface KeepaliveWorld {
  readonly registry: ReturnType<typeof createDemoRegistry>;
  /** The object as it is now; after a kill, another one on the same storage. */
  object(): KeepalivesObject;
  kill(): void;
  /** Puts an image under a tag, as anybody could. */
  push(tag: string, content: string): Promise<Digest>;
  /** Makes an anchor as an arrival does. */
  anchor(leg: Leg): Promise<string>;
  /** How the runs and their merges stand. */
  stand(runId: string, tagSuffix: string, state: MergeState | 'arriving'): void;
  touch(runId: string): void;
  openRuns: string[];
  advance(ms: number): void;
  /** Begins a cleanup and runs its alarm until it rests. */
  sweep(): Promise<void>;
  tags(): string[];
}

export interface Leg {
  readonly run: string;
  readonly suffix: string;
  readonly arch?: string;
  readonly content?: string;
}

export interface KeepaliveOptions {
  /** Of the project. */
  readonly project?: object;
  /** Where the repository is said to be. */
  readonly host?: string;
  readonly quayToken?: string;
  /** Answers what is not the registry's. */
  readonly beside?: (request: Request) => Response | undefined;
}

/** An object of its own over a registry in memory; runs and merges stand as they are told to. */
export async function withKeepalives(
  options: KeepaliveOptions,
  work: (world: KeepaliveWorld) => Promise<void>,
): Promise<void> {
  const stub = bindings.KEEPALIVES.getByName(crypto.randomUUID());
  await runInDurableObject(stub, async (_, state) => {
    try {
      await work(createWorld(options, state));
    } finally {
      await state.storage.deleteAlarm();
      vi.restoreAllMocks();
    }
  });
}

function createWorld(
  { project, host = 'localhost:5000', quayToken, beside }: KeepaliveOptions,
  state: DurableObjectState,
) {
  const registry = createDemoRegistry();
  let time = Date.UTC(2026, 10, 1);
  vi.spyOn(Date, 'now').mockImplementation(() => time);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { signal: _, ...rest } = init ?? {};
    const request = new Request(input, rest);
    return beside?.(request) ?? registry.fetch(request);
  });
  const standings = new Map<string, MergeState | 'arriving'>();
  const touched = new Map<string, number>();
  const openRuns: string[] = [];
  const env = createEnv({ project, host, quayToken, standings, touched, openRuns });
  const start = () => new KeepalivesObject(state as unknown as DurableObjectState<object>, env);
  let object = start();
  const world: KeepaliveWorld = {
    registry,
    openRuns,
    object: () => object,
    kill: () => {
      object = start();
    },
    push: (tag, content) => push(registry, tag, content),
    anchor: async ({ run, suffix, arch = 'amd64', content = `${run}${suffix}` }) => {
      const tag = anchorTag(run, suffix, arch);
      const digest = await sha256(bytesOf(content));
      const anchor: Anchor = { tag, project: 'p', run_id: run, tag_suffix: suffix, digest };
      await object.add(anchor);
      await push(registry, tag, content);
      return tag;
    },
    stand: (run, suffix, standing) => {
      standings.set(mergeName('p', run, suffix), standing);
      touched.set(runName('p', run), time);
    },
    touch: (run) => touched.set(runName('p', run), time),
    advance: (ms) => {
      time += ms;
    },
    sweep: async () => {
      await object.sweep(`${host}/${REPOSITORY}`);
      while (object.view().running) await object.alarm();
    },
    tags: () => [...registry.store.tags(REPOSITORY).keys()].sort(),
  };
  return world;
}

function bytesOf(content: string): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { content } }),
  );
}

async function push(registry: KeepaliveWorld['registry'], tag: string, content: string): Promise<Digest> {
  const bytes = bytesOf(content);
  const init = { method: 'PUT', headers: { 'Content-Type': INDEX }, body: bytes };
  const response = await registry.fetch(new Request(`http://localhost:5000/v2/${REPOSITORY}/manifests/${tag}`, init));
  if (response.status !== 201) throw new Error(`push ${tag}: ${response.status} ${await response.text()}`);
  return sha256(bytes);
}

interface EnvOptions {
  readonly project: object | undefined;
  readonly host: string;
  readonly quayToken: string | undefined;
  readonly standings: ReadonlyMap<string, MergeState | 'arriving'>;
  readonly touched: ReadonlyMap<string, number>;
  readonly openRuns: readonly string[];
}

function createEnv({ project, host, quayToken, standings, touched, openRuns }: EnvOptions): Env {
  const standingOf = (name: string): RunStanding | null => {
    const touched_at = touched.get(name);
    if (touched_at === undefined) return null;
    const merges = [...standings].flatMap(([merge, state]) =>
      merge.startsWith(`${name}/`) && state !== 'arriving'
        ? [{ tag_suffix: merge.slice(name.length + 1).replace(/^~$/, ''), state }]
        : [],
    );
    return { touched_at, merges };
  };
  const MUSTER = {
    audience: 'https://muster.test',
    policies: [{ name: 'x', issuer: 'i', identity: 's' }],
    registries: [{ host, alias: 'q', origin: 'http://localhost:5000', anonymous: true }],
    projects: [
      {
        name: 'p',
        repository: 'o/r',
        repository_id: '1',
        repository_owner_id: '2',
        refs: ['refs/heads/main'],
        tags: ['type=sha'],
        roles: {},
        policy: 'x',
        targets: [{ repository: `${host}/team/app`, source: `${host}/${REPOSITORY}` }],
        keepalive_max_age_hours: 48,
        ...project,
      },
    ],
  };
  return {
    MUSTER,
    ...(quayToken === undefined ? {} : { QUAY_TOKEN: quayToken }),
    RUNS: { getByName: (name: string) => ({ standing: async () => standingOf(name) }) },
    MERGES: { getByName: (name: string) => ({ standing: async () => standings.get(name) ?? null }) },
    RUN_INDEX: {
      getByName: () => ({ openRuns: async () => openRuns.map((run_id) => ({ project: 'p', run_id })) }),
    },
  } as unknown as Env;
}
