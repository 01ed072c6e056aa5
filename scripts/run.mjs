// Runs a TypeScript file on Node 24: node scripts/run.mjs demo/demo.ts [argument...]
import { run } from './toolchain.mjs';

process.exitCode = run('node', process.argv.slice(2));
