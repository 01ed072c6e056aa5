import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sleep } from './process.ts';
import type { RekorMajor, Stack } from './stack.ts';

const START_TIMEOUT_MS = 60_000;
const workflows = 'mudler/LocalAI/.github/workflows';

/** The identity that the policy admits, as Fulcio writes it into a certificate. */
export const SIGNER = `https://github.com/${workflows}/backend_merge.yml@refs/heads/master`;

/** The workflow that builds the legs; its token may report and not sign. */
export const BUILD_WORKFLOW = `${workflows}/backend_build.yml@refs/heads/master`;

/** The audience of the tokens that authenticate a caller. */
export const AUDIENCE = 'https://muster.test';

/** A Worker under `wrangler dev`. */
export interface Worker {
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL; another one in the same folder goes on with what is left. */
  kill(): Promise<void>;
}

/** What a Worker is told; where its services are reached through proxies, their addresses. */
export interface WorkerOptions {
  readonly stack: Stack;
  readonly major: RekorMajor;
  readonly port: number;
  /** Its SQLite and its log go here; a fresh one for each Worker. */
  readonly folder: string;
  readonly signingConfig?: unknown;
  /** `host:port` at which each registry's API is reached, in the stack's order; default: the registries themselves. */
  readonly origins?: readonly string[];
}

/** Starts the Worker, and answers when it does. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { port, folder } = options;
  const root = fileURLToPath(new URL('..', import.meta.url));
  const args = ['dev', '--port', String(port), '--inspector-port', '0', '--persist-to', `${folder}/state`];
  const variable = ['--var', `MUSTER:${JSON.stringify(buildConfig(options))}`];
  // A process group of its own: wrangler's children end with it.
  const child = spawn(`${root}node_modules/.bin/wrangler`, [...args, ...variable], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(`${folder}/worker.log`, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  const onExit = () => kill('SIGKILL');
  process.once('exit', onExit);
  const end = async (signal: NodeJS.Signals) => {
    kill(signal);
    await Promise.race([ended, sleep(5000).then(() => kill('SIGKILL'))]);
    process.off('exit', onExit);
    log.end();
  };
  const stop = () => end('SIGTERM');
  const url = `http://localhost:${port}`;
  try {
    await awaitHealth(url, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`the Worker did not start: ${lastLine(`${folder}/worker.log`)}`, { cause: error });
  }
  return { url, stop, kill: () => end('SIGKILL') };
}

async function awaitHealth(url: string, hasEnded: () => boolean): Promise<void> {
  for (const until = Date.now() + START_TIMEOUT_MS; Date.now() < until && !hasEnded(); await sleep(100)) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Error(hasEnded() ? 'it ended' : `no answer in ${START_TIMEOUT_MS} ms`);
}

function lastLine(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300);
}

/** The `MUSTER` object for the local peers. */
export function buildConfig({
  stack,
  major,
  signingConfig,
  origins = stack.registries,
}: Omit<WorkerOptions, 'port' | 'folder'>) {
  const rekor = stack.rekor(major);
  const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const merge = `${workflows}/backend_merge.yml`;
  const aliases = ['api', 'tag'];
  return {
    audience: AUDIENCE,
    oidc: { issuer: stack.oidc },
    sigstore: { trusted_root: json(rekor.trustedRoot), signing_config: signingConfig ?? json(rekor.signingConfig) },
    registries: stack.registries.map((host, at) => {
      return { host, alias: aliases[at], origin: `http://${origins[at]}`, realms: [], anonymous: true };
    }),
    projects: [
      {
        name: 'localai',
        repository: 'mudler/LocalAI',
        repository_id: '614592349',
        repository_owner_id: '2420543',
        refs: ['refs/heads/master', 'refs/tags/*'],
        tags: ['type=ref,event=branch', 'type=semver,pattern={{raw}}', 'type=sha'],
        flavor: 'suffix=,onlatest=true',
        policy: 'localai',
        roles: {
          report: { workflows: [`${workflows}/backend_build.yml`, merge] },
          plan: { workflows: [`${workflows}/backend.yml`] },
          sign: { workflows: [merge] },
        },
        targets: stack.registries.map((host) => {
          return { repository: `${host}/${IMAGES}`, source: `${host}/${CACHE}` };
        }),
      },
    ],
    policies: [
      {
        name: 'localai',
        issuer: stack.oidc,
        identity_regex:
          '^https://github\\.com/mudler/LocalAI/\\.github/workflows/backend_merge\\.yml@refs/(heads/master|tags/.+)$',
      },
    ],
  };
}

/** The repository that is published, in each registry. */
export const IMAGES = 'go-skynet/local-ai-backends';

/** The repository in which builds keep their images alive, in each registry. */
export const CACHE = 'go-skynet/ci-cache';
