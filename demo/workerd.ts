import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/lib/error.ts';
import { environment, lastLine, onPort } from './process.ts';
import { describeWorker, type WorkerModule, wranglerRuntime } from './runtime.ts';
import {
  awaitHealth,
  buildVariables,
  buildWorker,
  hasEnded,
  keepOutput,
  prepareFolder,
  STOP_TIMEOUT_MS,
  type WorkerOptions,
  type WorkerProcess,
  whenEnded,
} from './worker.ts';

/**
 * Starts the built Worker in workerd alone. Miniflare adds Workers of its own to the process, and each request and each
 * call goes through one: what a Worker costs is measured without them. There are no cron triggers and no rate limits.
 *
 * @param config the `MUSTER` object
 * @throws {Error} saying why it did not start
 */
export async function startWorkerd(config: object, options: WorkerOptions = {}): Promise<WorkerProcess> {
  const modules = await buildWorker();
  const variables = buildVariables(config, options);
  return onPort(options.port, async (port) => {
    const { folder, forget } = await prepareFolder(options.folder);
    return startProcess(modules, { folder, port, variables }, forget);
  });
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** @param forget called when it has ended */
async function startProcess(
  modules: readonly WorkerModule[],
  place: Place,
  forget: () => Promise<void>,
): Promise<WorkerProcess> {
  const settings = await mkdtemp(`${tmpdir()}/muster-workerd-`);
  for (const { path, contents } of modules) await writeFile(`${settings}/${path}`, contents);
  await writeFile(`${settings}/config.capnp`, await writeConfig(modules, place));
  const workerd = spawn(wranglerRuntime(), ['serve', `${settings}/config.capnp`], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const onExit = () => workerd.kill('SIGKILL');
  process.once('exit', onExit);
  const log = keepOutput(workerd.stdout, workerd.stderr);
  const ended = whenEnded(workerd).then(async () => {
    process.off('exit', onExit);
    await rm(settings, { recursive: true, force: true });
    await forget();
  });
  const kill = async () => {
    workerd.kill('SIGKILL');
    await ended;
  };
  const stop = async () => {
    workerd.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_TIMEOUT_MS)]);
    await kill();
  };
  const url = `http://127.0.0.1:${place.port}`;
  try {
    await awaitHealth(url, () => hasEnded(workerd));
  } catch (error) {
    await kill();
    throw new Error(`the Worker did not start: ${messageOf(error)}; ${lastLine(log())}`, { cause: error });
  }
  return { url, log, stop, kill, pid: workerd.pid ?? 0 };
}

const MODULE_FIELDS = { ESModule: 'esModule', CompiledWasm: 'wasm', Text: 'text' } as const;

/** @see https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
async function writeConfig(modules: readonly WorkerModule[], { folder, port, variables }: Place): Promise<string> {
  const { compatibilityDate, compatibilityFlags, durableObjects } = await describeWorker(modules);
  const objects = Object.entries(durableObjects).map(([name, { className }]) => ({ name, className }));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "objects", disk = (path = ${quote(folder)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = ${list(modules.map(({ type, path }) => `(name = ${quote(path)}, ${MODULE_FIELDS[type]} = embed ${quote(path)})`))},
  compatibilityDate = ${quote(compatibilityDate)},
  compatibilityFlags = ${list(compatibilityFlags.map(quote))},
  durableObjectNamespaces = ${list(
    objects.map(
      ({ className }) =>
        `(className = ${quote(className)}, uniqueKey = ${quote(`muster-${className}`)}, enableSql = true)`,
    ),
  )},
  durableObjectStorage = (localDisk = "objects"),
  bindings = ${list([
    ...objects.map(({ name, className }) => `(name = ${quote(name)}, durableObjectNamespace = ${quote(className)})`),
    ...Object.entries(variables).map(([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`),
  ])},
  globalOutbound = "internet",
);
`;
}

/** A text as Cap'n Proto writes it; of JSON's escapes it lacks those for control characters, which none of ours has. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function list(items: readonly string[]): string {
  return `[${items.map((item) => `\n    ${item},`).join('')}\n  ]`;
}
