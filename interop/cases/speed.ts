import { describe } from '../caller.ts';
import { ARCHES, pushImages } from '../images.ts';
import type { CountedStack } from '../proxies.ts';
import { expect, median } from '../report.ts';
import { mergeWithBuildxAndCosign, writeDocument } from '../yardstick.ts';
import { digestsOf, legOf, type Pass } from './main-job.ts';

/** Both logs let an entry wait for their next batch, by chance: a few repeats would measure that chance. */
const MUSTER_TIMES = 7;
const YARDSTICK_TIMES = 3;

/** How many times as fast as buildx + cosign; Rekor v1 answers at once, so less of their time can be saved. */
const RATIO = { 1: 4, 2: 6 } as const;

/** The last arrival's call beside what the replaced job does, on the same registries. */
export async function checkSpeed(pass: Pass): Promise<void> {
  const { report, stack, major } = pass;
  await report.check(
    `speed, Rekor v${major}: at least ${RATIO[major]} times as fast as buildx and cosign`,
    async () => {
      const theirs: number[] = [];
      const ours: Timed[] = [];
      const { trustedRoot, signingConfig } = stack.rekor(major);
      for (let at = 0; at < YARDSTICK_TIMES; at++) {
        const digests = digestsOf(await pushImages(stack, `${major}200`, `-cpu-peers-${at}-v${major}`));
        const tags = ['master', 'sha-5d0b549'].map((tag) => `${tag}-cpu-peers-${at}-v${major}`);
        const documents = { trustedRoot, signingConfig };
        theirs.push(
          await mergeWithBuildxAndCosign({ stack, registries: stack.registries, tags, digests, ...documents }),
        );
      }
      for (let at = 0; at < MUSTER_TIMES; at++)
        ours.push(await timeLastArrival(pass, `${major}30${at}`, `-cpu-speed-${at}-v${major}`));
      const ratio = median(theirs) / median(ours.map(({ ms }) => ms));
      const detail = `${list(theirs)} ms beside ${list(ours.map(({ ms }) => ms))} ms: ${ratio.toFixed(1)} times`;
      expect(ratio >= RATIO[major], `${detail}; the last one’s steps: ${ours.at(-1)?.steps}`);
      return detail;
    },
  );
}

/** A call's time, and the answer's steps in a line. */
interface Timed {
  readonly ms: number;
  readonly steps: string;
}

async function timeLastArrival({ stack, caller }: Pass, run_id: string, suffix: string): Promise<Timed> {
  const legs = await pushImages(stack, run_id, suffix);
  const first = await caller.arrive(suffix, legOf(legs, 0), ARCHES, { run_id });
  expect(first.status === 202, describe(first));
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
