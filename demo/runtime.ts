import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { onPort, ROOT } from './process.ts';

const require = createRequire(import.meta.url);

const wranglerSchema = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  ratelimits: z
    .array(z.looseObject({ name: z.string(), namespace_id: z.string(), simple: z.looseObject({}) }))
    .default([]),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
});

/** A part of a built Worker, as miniflare takes it. */
export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Text';
  readonly path: string;
  readonly contents: Uint8Array;
}

/** What `wrangler deploy --dry-run --outdir` left in a folder. */
export async function readModules(folder: string): Promise<readonly WorkerModule[]> {
  const files = (await readdir(folder)).filter((file) => file !== 'README.md' && !file.endsWith('.map'));
  const modules = files.map(async (path): Promise<WorkerModule> => {
    const type = path.endsWith('.js') ? 'ESModule' : path.endsWith('.wasm') ? 'CompiledWasm' : 'Text';
    return { type, path, contents: await readFile(`${folder}/${path}`) };
  });
  // Miniflare starts at the first.
  return (await Promise.all(modules)).sort((a, b) => Number(b.path === 'index.js') - Number(a.path === 'index.js'));
}

/** What wrangler.toml says of the Worker, in miniflare's words. */
export async function describeWorker(modules: readonly WorkerModule[]) {
  const toml = parse(await readFile(`${ROOT}wrangler.toml`, 'utf8'));
  const { compatibility_date, compatibility_flags, durable_objects, ratelimits } = wranglerSchema.parse(toml);
  const classes = durable_objects.bindings.map(
    ({ name, class_name }) => [name, { className: class_name, useSQLite: true }] as const,
  );
  return {
    name: 'muster',
    host: '127.0.0.1',
    modules,
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
    durableObjects: Object.fromEntries(classes),
    ratelimits: Object.fromEntries(ratelimits.map(({ name, ...limit }) => [name, limit])),
    // The cron trigger, at /cdn-cgi/handler/scheduled, as under `wrangler dev`.
    unsafeTriggerHandlers: true,
  };
}

/** The part of miniflare that is used; its own types declare Workers' globals, which are not this process's. */
interface MiniflareModule {
  readonly Miniflare: new (settings: object) => { readonly ready: Promise<URL>; dispose(): Promise<void> };
}

/** A Worker's runtime, and the process it is. */
export interface Runtime {
  readonly url: string;
  readonly process: ChildProcess;
  dispose(): Promise<void>;
}

/**
 * Starts miniflare, which does not hand out its process: Node announces each one that starts, and its port tells it from
 * those that others start at the same time.
 */
export function startRuntime(
  settings: Readonly<Record<string, unknown>> & { readonly port: number },
): Promise<Runtime> {
  return onPort(settings.port, (port) => startOn({ ...settings, port }));
}

async function startOn(settings: Readonly<Record<string, unknown>> & { readonly port: number }): Promise<Runtime> {
  const { Miniflare }: MiniflareModule = require('miniflare');
  process.env.MINIFLARE_WORKERD_PATH = wranglerRuntime();
  const started: ChildProcess[] = [];
  const onProcess = (message: unknown) => started.push((message as { process: ChildProcess }).process);
  subscribe('child_process', onProcess);
  const miniflare = new Miniflare(settings);
  try {
    const { origin: url } = await miniflare.ready;
    const isOurs = (argument: string) => argument.endsWith(`:${settings.port}`);
    const workerd = started.find(({ spawnargs }) => spawnargs.some(isOurs));
    if (!workerd) throw new Error('miniflare started no workerd');
    return { url, process: workerd, dispose: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  } finally {
    unsubscribe('child_process', onProcess);
  }
}

/** Where workerd is. The one that wrangler brings knows wrangler.toml's compatibility date; miniflare's own may be older. */
export function wranglerRuntime(): string {
  const fromWrangler = createRequire(require.resolve('wrangler'));
  return z.object({ default: z.string() }).parse(fromWrangler('workerd')).default;
}
