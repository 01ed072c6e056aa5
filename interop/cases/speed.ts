import { startWorkerd } from '../../demo/workerd.ts';
import { createCaller, describe } from '../caller.ts';
import { ARCHES, pushImages } from '../images.ts';
import { sleep } from '../process.ts';
import type { CountedStack } from '../proxies.ts';
import { expect, mean } from '../report.ts';
import { buildConfig } from '../worker.ts';
import { mergeWithBuildxAndCosign, writeDocument } from '../yardstick.ts';
import { digestsOf, legOf, type Pass } from './main-job.ts';

/** Each is the replaced job once, and then Muster some times. */
const ROUNDS = 5;
const MUSTER_TIMES = 3;

/** Both logs take entries in batches, Rekor v2 once a second; images pushed in equal times would meet one phase of it. */
const LOG_PERIOD_MS = 1000;

/** How many times as fast as buildx + cosign; Rekor v1 answers at once, so less of their time can be saved. */
const RATIO = { 1: 4, 2: 6 } as const;

/** What the speed is measured on. */
type Peers = Pick<Pass, 'report' | 'stack' | 'major'>;

/** The last arrival's call beside what the replaced job does, on the same registries. */
export async function checkSpeed({ report, stack, major }: Peers): Promise<void> {
  const name = `speed, Rekor v${major}: at least ${RATIO[major]} times as fast as buildx and cosign`;
  await report.check(name, async () => {
    // In workerd alone: `wrangler dev` leads each call through Workers of its own, some 100 ms of a merge.
    const worker = await startWorkerd(buildConfig({ stack, major }));
    try {
      return await measureSpeed({ stack, major, caller: createCaller(stack, worker) });
    } finally {
      await worker.stop();
    }
  });
}

async function measureSpeed(pass: Pick<Pass, 'stack' | 'major' | 'caller'>): Promise<string> {
  const { stack, major } = pass;
  const theirs: number[] = [];
  const ours: Timed[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const digests = digestsOf(await pushImages(stack, `${major}200`, `-cpu-peers-${round}-v${major}`));
    const tags = ['master', 'sha-5d0b549'].map((tag) => `${tag}-cpu-peers-${round}-v${major}`);
    const documents = stack.rekor(major);
    theirs.push(await mergeWithBuildxAndCosign({ stack, registries: stack.registries, tags, digests, ...documents }));
    for (let at = 0; at < MUSTER_TIMES; at += 1)
      ours.push(await timeLastArrival(pass, `${major}3${round}${at}`, `-cpu-speed-${round}-${at}-v${major}`));
  }
  const times = ours.map(({ ms }) => ms);
  // By chance an entry just misses its log's batch, in some of our calls and in some of their six: of that chance a
  // mean takes a fair part, a median all or nothing.
  const ratio = mean(theirs) / mean(times);
  const detail = `${list(theirs)} ms beside ${list(times)} ms: ${ratio.toFixed(1)} times`;
  expect(ratio >= RATIO[major], `${detail}; the last one’s steps: ${ours.at(-1)?.steps}`);
  return detail;
}

/** A call's time, and the answer's steps in a line. */
interface Timed {
  readonly ms: number;
  readonly steps: string;
}

async function timeLastArrival(
  { stack, caller }: Pick<Pass, 'stack' | 'caller'>,
  run_id: string,
  suffix: string,
): Promise<Timed> {
  const legs = await pushImages(stack, run_id, suffix);
  const first = await caller.arrive(suffix, legOf(legs, 0), ARCHES, { run_id });
  expect(first.status === 202, describe(first));
  // A job ends at any moment.
  await sleep(Math.random() * LOG_PERIOD_MS);
  const begun = performance.now();
  const last = await caller.arrive(suffix, legOf(legs, 1), ARCHES, { run_id });
  const ms = performance.now() - begun;
  expect(last.status === 200, describe(last));
  return { ms, steps: describeSteps(last.body.steps) };
}

/** How many calls the replaced job makes for one such merge: what the main job's counts stand beside. */
export async function checkYardstickCalls({ report, stack, major }: Pass, counted: CountedStack): Promise<void> {
  await report.check(`calls, Rekor v${major}: buildx and cosign sign each manifest in each registry`, async () => {
    const digests = digestsOf(await pushImages(stack, `${major}400`, `-cpu-calls-v${major}`));
    const signingConfig = writeDocument(stack, `signing_config_counted_v${major}.json`, counted.signingConfig);
    const { trustedRoot } = stack.rekor(major);
    counted.reset();
    const { registries } = counted;
    await mergeWithBuildxAndCosign({
      stack,
      registries,
      tags: [`master-cpu-calls-v${major}`],
      digests,
      trustedRoot,
      signingConfig,
    });
    const counts = counted.counts();
    expect(counts.certificates === 6 && counts.entries === 6, JSON.stringify(counts));
    return JSON.stringify(counts);
  });
}

/** Milliseconds, in the order measured. */
function list(values: readonly number[]): string {
  return values.map(Math.round).join(', ');
}

function describeSteps(steps: unknown): string {
  const list = Array.isArray(steps) ? (steps as { step?: string; target?: string; ms?: number }[]) : [];
  return list.map(({ step, target, ms }) => `${step}${target ? ` ${target.split('/')[0]}` : ''} ${ms} ms`).join(', ');
}
