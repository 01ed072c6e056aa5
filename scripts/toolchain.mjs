// Runs programs on the project's own Node 24, whatever Node started the script.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's absolute path. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const bin = join(root, 'node_modules', '.bin');

/**
 * The environment in which a program of node_modules/.bin finds Node 24 first. npm puts that folder on the PATH too,
 * but a shell that has already looked `node` up (before it was installed) keeps the old place: hence absolute paths.
 */
export const environment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
  WRANGLER_SEND_METRICS: 'false',
};

/**
 * Runs a program of node_modules/.bin in the checkout, its output passed through.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {number} its exit status; 1 where it did not start or a signal ended it
 */
export function run(program, args) {
  const done = spawnSync(join(bin, program), args, { cwd: root, env: environment, stdio: 'inherit' });
  if (done.error) console.error(`${program}: ${done.error.message}`);
  return done.status ?? 1;
}
