// Muster from end to end on loopback: npm run demo -- [--once] [--rekor 1]
// Two registries, a Sigstore, an issuer of ID tokens, and the Worker under `wrangler dev`; then the walk through them.
import { parseArgs } from 'node:util';
import { Caller } from './caller.ts';
import { packEsbuild } from './images.ts';
import { type DemoStack, startDemoStack } from './stack.ts';
import { publishAtOnce } from './walk/at-once.ts';
import { finishLikeLocalAi } from './walk/finishing-job.ts';
import { ClaimError, Printer, paint } from './walk/print.ts';
import { refuseBadImages, refuseBadReports } from './walk/refusals.ts';
import { introduce, suggest } from './walk/tour.ts';
import type { Walk } from './walk/walk.ts';
import { type RunningWorker, startWorker } from './worker.ts';

/** The whole walk, in milliseconds: whoever waits longer than this should know why. */
const LIMIT_MS = 150_000;
const LOG_LINES = 20;

const { values } = parseArgs({ options: { once: { type: 'boolean' }, rekor: { type: 'string', default: '2' } } });
if (values.rekor !== '1' && values.rekor !== '2') throw new Error('--rekor is 1 or 2');

const begun = performance.now();
let stack: DemoStack | undefined;
let worker: RunningWorker | undefined;
let ending: Promise<void> | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(values.once ? 1 : 0));
const limit = setTimeout(() => void fail(new Error(`not done after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
try {
  await show(values.rekor === '1' ? 1 : 2);
  clearTimeout(limit);
  if (values.once) await end(0);
} catch (error) {
  await fail(error);
}

async function show(rekorMajor: 1 | 2): Promise<void> {
  const printer = new Printer();
  printer.title('Muster: per-arch builds muster; only what passes muster is published.');
  printer.note('starting the services and the Worker; packing esbuild’s binaries (npm pack, about 9 MB)');
  stack = await startDemoStack({ rekorMajor });
  const starting = startWorker(stack.musterConfig(), { registryAuth: stack.registryAuth });
  const [layers] = await Promise.all([
    packEsbuild(),
    starting.then((started) => {
      worker = started;
    }),
  ]);
  if (!worker) return;
  const walk: Walk = { printer, stack, layers, caller: new Caller(worker.url, stack.issuer) };
  introduce(walk, worker.url);
  const published = await publishAtOnce(walk);
  await refuseBadImages(walk, published);
  await refuseBadReports(walk, published);
  await finishLikeLocalAi(walk);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  printer.title(`All ${printer.claims} claims hold (${seconds} s).`);
  if (!values.once) suggest(walk, worker.url);
}

/** Says what went wrong, with the end of the Worker's log, and ends with 1. */
async function fail(error: unknown): Promise<void> {
  if (ending) return ending;
  const message = error instanceof Error ? error.message : String(error);
  console.error(`\n${paint('red', 'The demo failed:')} ${message}`);
  if (error instanceof Error && !(error instanceof ClaimError) && error.cause) console.error(error.cause);
  const log = worker?.log().trim().split('\n').slice(-LOG_LINES).join('\n');
  if (log) console.error(`\nthe end of the Worker’s log:\n${log}`);
  return end(1);
}

function end(status: number): Promise<void> {
  ending ??= (async () => {
    clearTimeout(limit);
    await worker?.stop();
    await stack?.close();
    process.exit(status);
  })();
  return ending;
}
