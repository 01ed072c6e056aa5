// A whole release of LocalAI on loopback, as its CI jobs send it: a plan of 448 merges, 457 reports, five finishing calls;
// then every tag of both registries is looked at. npm run replay -- [--every N] (of the 386 merges each n-th; default 1)
import { parseArgs } from 'node:util';
import { judgeRelease } from '../demo/release/judge.ts';
import { planWholeMatrix, readRelease } from '../demo/release/matrix.ts';
import { Release } from '../demo/release/replay.ts';
import { startDemoStack } from '../demo/stack.ts';
import { startMiniflare } from '../demo/worker.ts';

const { values } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
const every = Number(values.every);
if (!Number.isInteger(every) || every < 1) throw new Error('--every is a whole number from 1');

const stack = await startDemoStack();
const worker = await startMiniflare(stack.musterConfig(), { registryAuth: stack.registryAuth });
try {
  const release = new Release(await readRelease(every), { stack, url: worker.url, run_id: '4242' });
  await timed(`${release.merges.flatMap(({ legs }) => legs).length} legs pushed to two registries`, release.push());
  const plan = await planWholeMatrix();
  await timed(`a plan of ${plan.length} merges`, release.plan(plan));
  const reported = await timed('each leg reported', release.report());
  const finished = await timed('the finishing calls', release.finish());
  const run = await release.view();
  const problems = await judgeRelease(release, { reported, finished, run });
  console.log(`the run: ${JSON.stringify(run.body.counts)}; signed with ${JSON.stringify(stack.sigstore.counts)}`);
  for (const problem of problems) console.error(`not as it should be: ${problem}`);
  console.log(problems.length === 0 ? `all ${release.merges.length} published` : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await worker.stop();
  await stack.close();
}

async function timed<Result>(what: string, work: Promise<Result>): Promise<Result> {
  const begun = performance.now();
  const result = await work;
  console.log(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return result;
}
