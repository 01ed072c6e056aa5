// Lint, types, tests. Every step runs even when an earlier one failed; the exit status is 1 if any did.
// `--report FILE` writes vitest's JSON report too; other arguments go to vitest: npm test -- test/lib/oci
import { run } from './toolchain.mjs';

const { report, rest } = parseArguments(process.argv.slice(2));
const reporters = report ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
const steps = [
  ['biome check', 'biome', ['check', '.']],
  ['types: src', 'tsc', ['--noEmit', '-p', '.']],
  ['types: test', 'tsc', ['--noEmit', '-p', 'test']],
  ['types: demo, interop, scripts, bench', 'tsc', ['--noEmit', '-p', 'demo']],
  ['tests', 'vitest', ['run', ...reporters, ...rest]],
];

const failed = steps.filter(([, program, args]) => run(program, args) !== 0).map(([name]) => name);
if (failed.length > 0) {
  console.error(`failed: ${failed.join('; ')}`);
  process.exitCode = 1;
}

function parseArguments(args) {
  const at = args.indexOf('--report');
  if (at === -1) return { report: undefined, rest: args };
  const file = args[at + 1];
  if (file === undefined) {
    console.error('--report wants a file');
    process.exit(2);
  }
  return { report: file, rest: args.toSpliced(at, 2) };
}
