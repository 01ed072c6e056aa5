import { type Answer, describe, type Leg } from '../caller.ts';
import { ARCHES, pushImages } from '../images.ts';
import { digestOfTag, verifyWithCosign } from '../judges.ts';
import { sleep } from '../process.ts';
import type { CountedStack } from '../proxies.ts';
import { expect } from '../report.ts';
import { startPeer, stopPeer } from '../stack.ts';
import { legOf, type Pass } from './main-job.ts';

/** Longer than the pauses between the tries of a merge in an outage of some seconds. */
const PATIENCE_MS = 90_000;

/** Peers that stop in the middle of a merge, and a Worker that does. */
export async function checkOutages(pass: Pass, counted: CountedStack): Promise<void> {
  await checkRegistryOutage(pass, counted);
  // Rekor v1 would come back with another key.
  if (pass.major === 1) return;
  await checkLogOutage(pass, counted);
  await checkRestart(pass);
}

/** CNCF Distribution stops at the first manifest that it is sent. */
async function checkRegistryOutage(pass: Pass, counted: CountedStack): Promise<void> {
  const { report, stack, major } = pass;
  const merge = mergeOf(pass, 'registry', `${major}800`);
  const name = (text: string) => `a registry stops in the middle of a merge, Rekor v${major}: ${text}`;
  await report.check(name('the caller is told 503, and the other registry is published'), async () => {
    await merge.prepare();
    counted.reset();
    counted.beforeTagRegistry(/^PUT .*\/manifests\//, () => stopPeer(stack, 'registry-tag'));
    const answer = await merge.report();
    expect(answer.status === 503 && answer.body.state === 'retrying', describe(answer));
    const states = ((answer.body.targets ?? []) as { state: string }[]).map(({ state }) => state);
    expect(states.join() === 'published,retrying', describe(answer));
    expect((await digestOfTag(stack.registries[0], merge.tag)) !== undefined, 'the other registry has no tag');
    return undefined;
  });
  await report.check(name('started again, it is published there too, with the same signature'), async () => {
    await startPeer(stack, 'registry-tag');
    const answer = await merge.published();
    for (const host of stack.registries) {
      const digest = await digestOfTag(host, merge.tag);
      expect(digest === answer.body.digest, `${host} has ${digest}`);
      await verifyWithCosign(stack, major, host, String(digest));
    }
    const { certificates, entries } = counted.counts();
    expect(certificates === 1 && entries === 1, `${certificates} certificates, ${entries} log entries`);
    return undefined;
  });
}

/** Rekor v2 is down when the last leg is reported. */
async function checkLogOutage(pass: Pass, counted: CountedStack): Promise<void> {
  const { report, stack } = pass;
  const merge = mergeOf(pass, 'log', '2801');
  await report.check('Rekor v2 is down: the caller is told 503, and nothing is tagged', async () => {
    await merge.prepare();
    counted.reset();
    await stopPeer(stack, 'rekor');
    const answer = await merge.report();
    expect(answer.status === 503 && answer.body.state === 'retrying', describe(answer));
    for (const host of stack.registries) expect(!(await digestOfTag(host, merge.tag)), 'tagged unsigned');
    return undefined;
  });
  await report.check('Rekor v2 is back: published, without a second certificate', async () => {
    await startPeer(stack, 'rekor');
    const answer = await merge.published();
    await verifyWithCosign(stack, 2, stack.registries[0], String(answer.body.digest));
    const { certificates } = counted.counts();
    expect(certificates === 1, `${certificates} certificates`);
    return undefined;
  });
}

/** The Worker is killed while Rekor v2 is down: the token and the key are gone with it. */
async function checkRestart(pass: Pass): Promise<void> {
  const { report, stack, caller, restartWorker } = pass;
  const merge = mergeOf(pass, 'restart', '2802');
  await report.check('the Worker is killed while Rekor v2 is down: needs_token', async () => {
    await merge.prepare();
    await stopPeer(stack, 'rekor');
    const answer = await merge.report();
    expect(answer.status === 503, describe(answer));
    await restartWorker();
    const view = await caller.merge('2802', merge.suffix);
    expect(view.body.state === 'needs_token', describe(view));
    return String(view.body.reason);
  });
  await report.check('the step run again with fresh tokens finishes it', async () => {
    await startPeer(stack, 'rekor');
    const answer = await merge.report();
    expect(answer.status === 200 && answer.body.state === 'published', describe(answer));
    await verifyWithCosign(stack, 2, stack.registries[1], String(answer.body.digest));
    return undefined;
  });
}

/** A merge of two legs, of which the first has been reported. */
function mergeOf({ stack, major, caller }: Pass, what: string, run_id: string) {
  const suffix = `-cpu-out-${what}-v${major}`;
  const claims = { run_id };
  let legs: readonly Leg[] = [];
  return {
    suffix,
    tag: `master${suffix}`,
    prepare: async (): Promise<void> => {
      legs = await pushImages(stack, run_id, suffix);
      await caller.arrive(suffix, legOf(legs, 0), ARCHES, claims);
    },
    /** The last leg is reported, or reported again. */
    report: (): Promise<Answer> => caller.arrive(suffix, legOf(legs, 1), ARCHES, claims),
    /** How it stands once it is published, by itself. @throws {Error} where it is not, in time */
    published: async (): Promise<Answer> => {
      let answer = await caller.merge(run_id, suffix);
      for (const until = Date.now() + PATIENCE_MS; answer.body.state !== 'published'; await sleep(500)) {
        expect(Date.now() < until, describe(answer));
        answer = await caller.merge(run_id, suffix);
      }
      return answer;
    },
  };
}
