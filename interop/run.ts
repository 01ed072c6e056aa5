// The main job, the finishing job and the pull-through on real peers: Fulcio, Rekor v2 and v1, a timestamp authority, two
// kinds of registry; judged by cosign, buildx, crane, oras, containerd and the OCI conformance program.
// npm run interop -- [--report FILE] [--port BASE] [--rekor 1|2]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { createCaller } from './caller.ts';
import { checkDifferential } from './cases/differential.ts';
import { checkEmbedded } from './cases/embedded.ts';
import { checkFinishingJob } from './cases/finishing-job.ts';
import { checkLocalAi } from './cases/localai.ts';
import { checkMainJob, type Pass } from './cases/main-job.ts';
import { checkOutages } from './cases/outages.ts';
import { checkPullThrough } from './cases/pull-through.ts';
import { checkSpeed, checkYardstickCalls } from './cases/speed.ts';
import { checkPages } from './pages/suite.ts';
import { countStack } from './proxies.ts';
import { Report } from './report.ts';
import { installPeers, type RekorMajor, type Stack, startStack, stopStack } from './stack.ts';
import { startWorker, type Worker, type WorkerOptions } from './worker.ts';

const { values } = parseArgs({
  options: { report: { type: 'string' }, port: { type: 'string', default: '7600' }, rekor: { type: 'string' } },
});
if (values.rekor && !['1', '2'].includes(values.rekor)) throw new Error('--rekor is 1 or 2');
const basePort = Number(values.port);
const folder = mkdtempSync(`${tmpdir()}/muster-interop-`);
const stackFolder = `${folder}/stack`;
const report = new Report(values.report);
const workers = new Set<Worker>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(1)));
}
let stack: Stack | undefined;
await report.check('the peers start', async () => {
  await installPeers();
  stack = await startStack(stackFolder, basePort);
  return undefined;
});
const majors = ([2, 1] as const).filter((major) => !values.rekor || values.rekor === String(major));
if (stack) for (const major of majors) await runPass(stack, major);
await checkEmbedded(report);
await stopAll();
await checkPages(report);
console.log(`${report.cases.length - report.failed} of ${report.cases.length} cases hold`);
process.exitCode = report.failed > 0 ? 1 : 0;

/** Two Workers, one after the other: one whose calls are counted, and one with nothing in its way. */
async function runPass(stack: Stack, major: RekorMajor): Promise<void> {
  const counted = await countStack(stack, major);
  const through = { signingConfig: counted.signingConfig, origins: counted.registries };
  await withWorker({ stack, major, name: 'counted', ...through }, async (pass) => {
    await checkMainJob(pass, counted);
    await checkYardstickCalls(pass, counted);
    await checkOutages(pass, counted);
  });
  counted.close();
  await checkSpeed({ report, stack, major });
  await withWorker({ stack, major, name: 'direct' }, async (pass) => {
    await checkFinishingJob(pass);
    await checkPullThrough(pass);
    await checkDifferential(pass);
    await checkLocalAi(pass);
  });
}

type Started = Omit<WorkerOptions, 'port' | 'folder'> & { readonly name: string };

async function withWorker({ name, ...options }: Started, run: (pass: Pass) => Promise<void>): Promise<void> {
  const { stack, major } = options;
  const own = `${folder}/${name}-v${major}`;
  mkdirSync(own);
  let worker: Worker | undefined;
  const start = async () => {
    worker = await startWorker({ ...options, port: basePort + 90, folder: own });
    workers.add(worker);
    return undefined;
  };
  await report.check(`the Worker starts (${name}, Rekor v${major})`, start);
  if (!worker) return;
  const restartWorker = async () => {
    if (worker) workers.delete(worker);
    await worker?.kill();
    await start();
  };
  await run({ report, stack, major, caller: createCaller(stack, worker), worker: worker.url, restartWorker });
  await worker.stop();
  workers.delete(worker);
}

async function stopAll(): Promise<void> {
  for (const worker of workers) await worker.stop();
  await stopStack(stackFolder);
  // What failed is best understood from the logs.
  if (report.failed === 0) rmSync(folder, { recursive: true });
  else console.log(`logs: ${folder}`);
}
