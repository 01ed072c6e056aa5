import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../src/lib/error.ts';

/** The checkout's absolute path, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url).href);

/** A program of node_modules/.bin; Node 24 is one of them. */
export function localProgram(name: string): string {
  return `${ROOT}node_modules/.bin/${name}`;
}

/**
 * Runs a program to its end and answers what it wrote to its standard output.
 *
 * @throws {Error} with the last line that it wrote, where it does not end with 0
 */
export function runProgram(program: string, args: readonly string[], cwd = ROOT): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) return resolve(Buffer.concat(out).toString());
      const text = Buffer.concat([...out, ...err]).toString();
      reject(
        new Error(
          `${program.split('/').at(-1)} ${args[0] ?? ''}: ${signal ?? `exit status ${status}`}: ${lastLine(text)}`,
        ),
      );
    });
  });
}

/** The environment of the toolchain's programs: Node 24 first on the PATH, no metrics. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env.PATH ?? ''}`, WRANGLER_SEND_METRICS: 'false' };
}

/** The last line of a log that says what went wrong, else its last line. */
export function lastLine(log: string): string {
  const lines = log.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 400);
}

/** A port on loopback that was free a moment ago. */
function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

const PORT_TRIES = 3;

/** Starts what listens on a port; where none is given, on another one if somebody took the first meanwhile. */
export async function onPort<Value>(
  given: number | undefined,
  start: (port: number) => Promise<Value>,
): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(given || (await findPort()));
    } catch (error) {
      if (given || tries === PORT_TRIES || !/address already in use/i.test(messageOf(error))) throw error;
    }
  }
}
