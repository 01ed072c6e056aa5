import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { runProgram } from '../demo/process.ts';

const VERSION = '4.32.5';

/**
 * The schemathesis program: what SCHEMATHESIS names, else one that is installed once, from PyPI, below the user's cache.
 *
 * @throws {Error} where there is no Python 3 or PyPI cannot be reached
 * @see https://schemathesis.readthedocs.io/
 */
export async function findSchemathesis(): Promise<string> {
  if (process.env.SCHEMATHESIS) return process.env.SCHEMATHESIS;
  const folder = `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/muster-schemathesis-${VERSION}`;
  const program = `${folder}/bin/schemathesis`;
  if (existsSync(program)) return program;
  console.log(`installing schemathesis ${VERSION} into ${folder}`);
  await runProgram('python3', ['-m', 'venv', '--clear', folder]);
  const pip = ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`];
  await runProgram(`${folder}/bin/pip`, pip);
  return program;
}
