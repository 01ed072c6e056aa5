import { describe, type Leg } from '../caller.ts';
import { ARCHES, pushImages } from '../images.ts';
import { digestOfTag, pullManifest, verifyWithCosign } from '../judges.ts';
import { expect } from '../report.ts';
import { BUILD_WORKFLOW } from '../worker.ts';
import { legOf, type Pass } from './main-job.ts';

/** LocalAI's way: legs report as backend_build.yml, and one job in backend_merge.yml lends its token to all. */
export async function checkFinishingJob({ report, stack, major, caller }: Pass): Promise<void> {
  const name = (text: string) => `finishing job, Rekor v${major}: ${text}`;
  const whole = `-cpu-fin-v${major}`;
  const partial = `${whole}-b`; // begins with the other's name: keys are exact
  const merge = { run_id: `${major}500` };
  const build = { ...merge, job_workflow_ref: BUILD_WORKFLOW };
  let wholeLegs: readonly Leg[] = [];
  let partialLegs: readonly Leg[] = [];

  await report.check(name('legs of a workflow that may not sign end needs_token'), async () => {
    wholeLegs = await pushImages(stack, merge.run_id, whole);
    partialLegs = await pushImages(stack, merge.run_id, partial);
    await caller.arrive(whole, legOf(wholeLegs, 0), ARCHES, build);
    const last = await caller.arrive(whole, legOf(wholeLegs, 1), ARCHES, build);
    expect(last.status === 202 && last.body.state === 'needs_token', describe(last));
    expect(typeof last.body.reason === 'string' && last.body.reason !== '', 'no reason');
    for (const host of stack.registries) expect(!(await digestOfTag(host, `master${whole}`)), 'tagged unsigned');
    return String(last.body.reason);
  });
  await report.check(name('a missing leg is a 409 that names it'), async () => {
    await caller.arrive(partial, legOf(partialLegs, 0), ARCHES, build);
    const answer = await caller.finish([whole, partial], merge);
    expect(answer.status === 409 && answer.body.code === 'RUN_INCOMPLETE', describe(answer));
    const merges = (answer.body.merges ?? []) as { tag_suffix?: string; missing?: unknown }[];
    const missing = merges.find(({ tag_suffix }) => tag_suffix === partial)?.missing;
    expect(JSON.stringify(missing) === '["arm64"]', describe(answer));
    return undefined;
  });
  await report.check(name('the complete sibling is published all the same, the other is not'), async () => {
    for (const host of stack.registries) {
      expect((await digestOfTag(host, `master${whole}`)) !== undefined, `no master${whole} on ${host}`);
      expect((await digestOfTag(host, `master${partial}`)) === undefined, `master${partial} on ${host}`);
    }
    return undefined;
  });
  await report.check(name('a re-run of the missing leg completes the run'), async () => {
    const again = { run_attempt: '2' };
    await caller.arrive(partial, legOf(partialLegs, 1), ARCHES, { ...build, ...again });
    const answer = await caller.finish([whole, partial], { ...merge, ...again });
    expect(answer.status === 200, describe(answer));
    return undefined;
  });
  for (const suffix of [whole, partial]) {
    await report.check(name(`cosign verify accepts master${suffix} on both registries`), async () => {
      for (const host of stack.registries) {
        const digest = await digestOfTag(host, `master${suffix}`);
        expect(digest !== undefined, `no master${suffix} on ${host}`);
        await verifyWithCosign(stack, major, host, digest);
        const { manifests } = JSON.parse(await pullManifest(host, `@${digest}`));
        expect(manifests.length === ARCHES.length, `${manifests.length} children`);
      }
      return undefined;
    });
  }
}
