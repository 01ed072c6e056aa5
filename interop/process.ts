import { spawn } from 'node:child_process';

/** Where the peers' programs are; see peers/install.sh. */
export const peersFolder = process.env.MUSTER_PEERS ?? `${process.env.HOME}/.cache/muster-peers`;

/** How a program runs. */
export interface RunOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the program is ended and the call fails; default two minutes. */
  readonly timeoutMs?: number;
  /** Its standard input; default nothing. */
  readonly input?: string;
  /** Passes the output through too. */
  readonly loud?: boolean;
  /** The folder it runs in; default this process's. */
  readonly cwd?: string;
}

/**
 * Runs a program to its end and answers what it wrote to its standard output.
 *
 * @throws {Error} with the last line of its standard error, where it does not end with 0
 */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { env = {}, timeoutMs = 120_000, input, loud = false, cwd } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    // A program may end before it has read all: its status says why.
    child.stdin.on('error', () => undefined).end(input);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    if (loud) {
      child.stdout.pipe(process.stdout, { end: false });
      child.stderr.pipe(process.stderr, { end: false });
    }
    child.on('error', reject);
    // `exit`, not `close`: what a script leaves running in the background may hold its pipes.
    child.on('exit', (status, signal) => {
      // The exit may overtake output that is still in the pipes.
      setImmediate(() => {
        if (status === 0) return resolve(Buffer.concat(out).toString());
        const last = Buffer.concat(err).toString().trim().split('\n').at(-1);
        const name = program.split('/').at(-1);
        reject(new Error(`${name} ${args[0] ?? ''}: ${signal ?? `exit status ${status}`}: ${last?.slice(0, 300)}`));
      });
    });
  });
}

/** Runs one of the peers' programs: `runPeer('crane', ['ls', …])`. */
export function runPeer(name: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return runProgram(`${peersFolder}/${name}`, args, options);
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
