import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../src/lib/error.ts';
import { environment, lastLine, localProgram, onPort, ROOT, runProgram } from './process.ts';
import { describeWorker, readModules, startRuntime, type WorkerModule } from './runtime.ts';

const START_TIMEOUT_MS = 60_000;
/** So long a process is waited for that was told to end. */
export const STOP_TIMEOUT_MS = 5_000;

/** A Worker that answers. */
export interface RunningWorker {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What it wrote so far. */
  log(): string;
  /** Ends it in peace; a folder of its own goes too. */
  stop(): Promise<void>;
}

/** A Worker whose runtime is a process of ours, which may also end without peace. */
export interface WorkerProcess extends RunningWorker {
  /** The runtime's process. */
  readonly pid: number;
  /** SIGKILL, as when a machine loses its power; another one on the same folder goes on with what is left. */
  kill(): Promise<void>;
}

export interface WorkerOptions {
  /** Where its Durable Objects' SQLite goes; default a temporary folder that is deleted when it stops. */
  readonly folder?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** `REGISTRY_AUTH`: the content of a Docker `config.json`. */
  readonly registryAuth?: string;
}

/**
 * Starts the Worker under `wrangler dev`; in about five seconds.
 *
 * @param config the `MUSTER` object
 * @throws {Error} saying why it did not start: a bad configuration with the key, else the log's last line
 */
export function startWorker(config: object, options: WorkerOptions = {}): Promise<RunningWorker> {
  return onPort(options.port, (port) => startWrangler(config, port, options));
}

async function startWrangler(config: object, port: number, options: WorkerOptions): Promise<RunningWorker> {
  const { folder, forget } = await prepareFolder(options.folder);
  const args = ['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', folder];
  const vars = Object.entries(buildVariables(config, options)).flatMap(([name, text]) => ['--var', `${name}:${text}`]);
  // A process group of its own: wrangler's children end with it, and Ctrl-C reaches only us.
  const child = spawn(localProgram('wrangler'), [...args, ...vars], {
    cwd: ROOT,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = keepOutput(child.stdout, child.stderr);
  const ended = whenEnded(child);
  const onExit = () => killGroup(child, 'SIGKILL');
  process.once('exit', onExit);
  const stop = async () => {
    killGroup(child, 'SIGTERM');
    await Promise.race([ended, sleep(STOP_TIMEOUT_MS).then(onExit)]);
    process.off('exit', onExit);
    await forget();
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await awaitHealth(url, () => hasEnded(child));
    return { url, log, stop };
  } catch (error) {
    await stop();
    throw new Error(`the Worker did not start: ${messageOf(error)}\nits log: ${lastLine(log())}`);
  }
}

/**
 * Starts the built Worker in miniflare, in about a second, on the same runtime as `wrangler dev`.
 *
 * @param config the `MUSTER` object
 * @throws {Error} saying why it did not start
 */
export async function startMiniflare(config: object, options: WorkerOptions = {}): Promise<WorkerProcess> {
  const { folder, forget } = await prepareFolder(options.folder);
  let log = () => '';
  const settings = {
    ...(await describeWorker(await buildWorker())),
    port: options.port ?? 0,
    durableObjectsPersist: folder,
    bindings: buildVariables(config, options),
    handleRuntimeStdio: (out: Readable, err: Readable) => {
      log = keepOutput(out, err);
    },
  };
  const runtime = await startRuntime(settings).catch(async (error) => {
    await forget();
    throw error;
  });
  const { url, process: workerd } = runtime;
  const ended = whenEnded(workerd);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= runtime.dispose().then(forget);
    return stopped;
  };
  const kill = async () => {
    workerd.kill('SIGKILL');
    await ended;
    await stop();
  };
  try {
    await awaitHealth(url, () => hasEnded(workerd));
  } catch (error) {
    await stop();
    throw new Error(`the Worker did not start: ${messageOf(error)}; ${lastLine(log())}`, { cause: error });
  }
  return { url, log: () => log(), stop, kill, pid: workerd.pid ?? 0 };
}

let built: Promise<readonly WorkerModule[]> | undefined;

/** Bundles the Worker as a deploy would, once a process; the entry comes first. */
export function buildWorker(): Promise<readonly WorkerModule[]> {
  const build = async () => {
    const folder = await mkdtemp(`${tmpdir()}/muster-build-`);
    try {
      await runProgram(localProgram('wrangler'), ['deploy', '--dry-run', '--outdir', folder]);
      return await readModules(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  built ??= build();
  return built;
}

export async function prepareFolder(given?: string): Promise<{ folder: string; forget: () => Promise<void> }> {
  if (given !== undefined) return { folder: given, forget: () => Promise.resolve() };
  const folder = await mkdtemp(`${tmpdir()}/muster-state-`);
  return { folder, forget: () => rm(folder, { recursive: true, force: true }) };
}

/** The Worker's variables, as text. */
export function buildVariables(config: object, { registryAuth }: WorkerOptions): Readonly<Record<string, string>> {
  return { MUSTER: JSON.stringify(config), ...(registryAuth === undefined ? {} : { REGISTRY_AUTH: registryAuth }) };
}

export function keepOutput(...streams: readonly Readable[]): () => string {
  const parts: Buffer[] = [];
  for (const stream of streams) stream.on('data', (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString();
}

export function whenEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
  });
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined && !hasEnded(child)) process.kill(-child.pid, signal);
}

/** Waits for `/healthz`. An answer that is not 200 is the reason why it never will be. */
export async function awaitHealth(url: string, isOver: () => boolean): Promise<void> {
  for (const until = Date.now() + START_TIMEOUT_MS; Date.now() < until; await sleep(100)) {
    if (isOver()) throw new Error('its process has ended');
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    if (response?.ok) return;
    if (response) throw new Error(describeRefusal(await response.text()));
  }
  throw new Error(`no answer in ${START_TIMEOUT_MS} ms`);
}

/** The code and detail of a problem; of anything else, its text. */
function describeRefusal(text: string): string {
  try {
    const { code, detail } = z.object({ code: z.string(), detail: z.string() }).parse(JSON.parse(text));
    return `${code}: ${detail}`;
  } catch {
    return text;
  }
}
