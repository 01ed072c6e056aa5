import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { runProgram, sleep } from './process.ts';

const scripts = fileURLToPath(new URL('peers', import.meta.url));

/** The port of the timestamp authority's metrics, which its program does not let us choose. */
const METRICS_PORT = 2112;

/** How long another stack on this machine is waited for. */
const TURN_TIMEOUT_MS = 15 * 60_000;

/** How long a peer that was started again is waited for. */
const PEER_TIMEOUT_MS = 20_000;

/** The first pass's log, or the second's. */
export type RekorMajor = 1 | 2;

/** The running peers. URLs are on loopback; registries are `host:port`. */
export interface Stack {
  readonly folder: string;
  readonly oidc: string;
  readonly fulcio: string;
  readonly timestamp: string;
  readonly registries: readonly [withReferrersApi: string, withoutReferrersApi: string];
  /** The log's URL, and what verifiers and signers are given for it. */
  rekor(major: RekorMajor): { readonly url: string; readonly trustedRoot: string; readonly signingConfig: string };
}

/** Builds the peers that are missing. About 20 minutes on a new machine. */
export async function installPeers(): Promise<void> {
  await runProgram(`${scripts}/install.sh`, [], { timeoutMs: 60 * 60_000, loud: true });
}

/**
 * Starts the peers with both logs, when no other stack runs on this machine.
 *
 * @param folder where their state, logs and pids go
 * @param basePort they take ports from here up to 60 more
 */
export async function startStack(folder: string, basePort: number): Promise<Stack> {
  await awaitTurn();
  await runProgram(`${scripts}/up`, [folder, String(basePort)]);
  await runProgram(`${scripts}/up-rekor-v1`, [folder, String(basePort)]);
  return readStack(folder);
}

/** Stops what `startStack` started, also where it started only some of it. */
export async function stopStack(folder: string): Promise<void> {
  await runProgram(`${scripts}/down`, [folder]);
}

/** A peer that can be stopped while the others run; Rekor v1 keeps its key in memory, and would come back as another. */
export type Peer = 'registry-tag' | 'rekor';

/** Stops a peer, as an outage does. */
export async function stopPeer({ folder }: Stack, name: Peer): Promise<void> {
  await runProgram(`${scripts}/peer`, [folder, 'stop', name]);
}

/** Starts a stopped peer again, with all that it had, and waits until it answers. */
export async function startPeer(stack: Stack, name: Peer): Promise<void> {
  await runProgram(`${scripts}/peer`, [stack.folder, 'start', name]);
  const url = name === 'rekor' ? `${stack.rekor(2).url}/healthz` : `http://${stack.registries[1]}/v2/`;
  for (const until = Date.now() + PEER_TIMEOUT_MS; Date.now() < until; await sleep(100))
    if ((await fetch(url).catch(() => undefined))?.ok) return;
  throw new Error(`${name} does not answer again`);
}

function readStack(folder: string): Stack {
  const lines = readFileSync(`${folder}/env`, 'utf8').matchAll(/^export (\w+)=(.*)$/gm);
  const variables = new Map([...lines].map(([, name, value]) => [name, value]));
  const variable = (name: string): string => {
    const value = variables.get(name);
    if (!value) throw new Error(`the stack did not say its ${name}`);
    return value;
  };
  return {
    folder,
    oidc: variable('OIDC'),
    fulcio: variable('FULCIO'),
    timestamp: variable('TSA'),
    registries: [variable('REGISTRY_API'), variable('REGISTRY_TAG')],
    rekor(major) {
      const suffix = major === 1 ? '_v1' : '';
      return {
        url: variable(major === 1 ? 'REKOR_V1' : 'REKOR'),
        trustedRoot: `${folder}/trusted_root${suffix}.json`,
        signingConfig: `${folder}/signing_config${suffix}.json`,
      };
    },
  };
}

async function awaitTurn(): Promise<void> {
  const until = Date.now() + TURN_TIMEOUT_MS;
  for (let told = false; await isTaken(METRICS_PORT); told = true) {
    if (Date.now() > until) throw new Error(`port ${METRICS_PORT} is taken: another stack runs on this machine`);
    if (!told) console.log(`waiting for another stack on this machine to end (port ${METRICS_PORT})`);
    await sleep(1000);
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}
