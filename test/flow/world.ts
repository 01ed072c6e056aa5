import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type Answer, type Call, Caller } from '../../demo/caller.ts';
import { RegistryClient } from '../../demo/client.ts';
import { BACKENDS, BUILD, IMAGE } from '../../demo/config.ts';
import { ARCHES, buildImage, type Image, packLayer } from '../../demo/images.ts';
import { type DemoStack, type DemoStackOptions, startDemoStack } from '../../demo/stack.ts';
import { startMiniflare, type WorkerProcess } from '../../demo/worker.ts';

/** What builds report as, and what may not sign under LocalAI's policy. */
export const BUILDER = { job_workflow_ref: `${BUILD}@refs/heads/master` };
/** What may report and sign, for project `core`. */
export const AT_ONCE = { job_workflow_ref: `${IMAGE}@refs/heads/master` };

type Claims = Readonly<Record<string, string>>;
type MusterConfig = ReturnType<DemoStack['musterConfig']>;

export interface Report {
  readonly suffix: string;
  readonly arch: string;
  readonly digest: string;
  readonly claims: Claims;
  readonly expect?: readonly string[];
}

/** The embedded services with the built Worker in workerd, and what a CI job does with them. */
export interface World {
  readonly stack: DemoStack;
  readonly clients: readonly RegistryClient[];
  /** Where the Worker's Durable Objects are kept. */
  readonly folder: string;
  worker(): WorkerProcess;
  /** What every Worker wrote so far. */
  log(): string;
  /** SIGKILL, at once. */
  kill(): void;
  /** Another Worker on the same folder, where the last one was killed or is killed now. */
  restart(): Promise<void>;
  call(call: Call): Promise<Answer>;
  /** Per-arch images by digest, in both registries. */
  push(repository: string, title: string): Promise<Image[]>;
  report(report: Report): Promise<Answer>;
  finish(runId: string, claims?: Claims, body?: object): Promise<Answer>;
  /** What a tag of the backends names in each registry. */
  tagged(tag: string, repository?: string): Promise<(string | undefined)[]>;
  close(): Promise<void>;
}

export interface WorldOptions extends DemoStackOptions {
  /** Changes the `MUSTER` object. */
  configure?(config: MusterConfig): object;
  /** Where the Worker runs; default miniflare. */
  readonly startOn?: typeof startMiniflare;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const stack = await startDemoStack(options);
  const folder = await mkdtemp(`${tmpdir()}/muster-flow-`);
  const config = options.configure?.(stack.musterConfig()) ?? stack.musterConfig();
  const { startOn = startMiniflare } = options;
  const start = () => startOn(config, { registryAuth: stack.registryAuth, folder });
  let worker = await start();
  const ended: string[] = [];
  const clients = stack.registries.map((registry) => new RegistryClient(registry));
  const call = (one: Call) => new Caller(worker.url, stack.issuer).call(one);
  return {
    stack,
    clients,
    folder,
    worker: () => worker,
    log: () => [...ended, worker.log()].join('\n'),
    kill: () => {
      process.kill(worker.pid, 'SIGKILL');
    },
    restart: async () => {
      await worker.kill();
      ended.push(worker.log());
      // On a busy machine workerd may end while it starts; that is not what these tests look at.
      worker = await start().catch(start);
    },
    call,
    push: async (repository, title) => {
      const images = ARCHES.map((arch) => buildImage(arch, packLayer(Buffer.from(`a program for ${arch}`)), title));
      for (const client of clients) for (const image of images) await client.pushImage(repository, image);
      return images;
    },
    report: ({ suffix, arch, digest, claims, expect = ARCHES }) =>
      call({
        method: 'POST',
        path: '/v1/arrivals',
        claims,
        body: { tag_suffix: suffix, platform_tag: arch, digest, expect },
      }),
    finish: (run_id, claims = {}, body = {}) =>
      call({ method: 'POST', path: `/v1/runs/localai/${run_id}/finish`, claims: { run_id, ...claims }, body }),
    tagged: (tag, repository = BACKENDS) =>
      Promise.all(clients.map(async (client) => (await client.pull(repository, tag))?.digest)),
    close: async () => {
      await worker.stop();
      await stack.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
