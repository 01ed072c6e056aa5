import { WORKFLOWS } from '../../demo/issuer/claims.ts';
import { expectOk, until } from './expect.ts';
import { PLAN, REF, RELEASE } from './release.ts';
import type { Scene } from './scene.ts';

const PLANNER = { ref: REF, job_workflow_ref: `${WORKFLOWS}/backend.yml@${REF}` };

/** Plays the release up to the middle: merges in every state, a gallery with every verdict, and a cron that has run. */
export async function playRelease(scene: Scene): Promise<void> {
  const all = RELEASE.filter(({ play }) => play !== 'planned');
  await playBefore(scene);
  const planned = RELEASE.map(({ suffix, legs }) => ({ tag_suffix: suffix, platform_tags: legs, tag_latest: 'auto' }));
  await expectOk(
    scene.call({
      method: 'PUT',
      path: `/v1/runs/localai/${PLAN.run}/plan`,
      claims: { ...PLANNER, run_id: PLAN.run },
      body: { merges: planned },
    }),
  );
  for (const merge of all) {
    const arrived = merge.play === 'partial' ? merge.legs.slice(0, 1) : merge.legs;
    await scene.report(PLAN.run, merge, arrived);
  }
  const { registries } = scene.stack;
  registries[1].demo.faults.add({
    kind: 'status',
    status: 503,
    times: 1000,
    match: ({ url }) => url.includes('/manifests/') && url.endsWith('v4.3.0-gpu-vulkan-whisper'),
  });
  const finished = all.filter(({ play }) => play === 'publish').map(({ suffix }) => suffix);
  // On a busy machine a call's time is over before each merge has had its turn.
  await until(async () => {
    const { body } = await scene.finish(PLAN.run, finished);
    return !JSON.stringify(body).includes('its turn had not come');
  });
  await fetch(`${scene.url}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent('*/10 * * * *')}`);
  await until(async () => {
    const { body } = await scene.call({ path: '/v1/galleries/localai' });
    return typeof (body.audit as { finished_at?: string | null } | null)?.finished_at === 'string';
  });
  // The index of runs hears of a run some seconds after it changed.
  await until(async () => {
    const { body } = await scene.call({ path: '/v1/status' });
    const { recent } = body.runs as { recent: readonly { run_id: string; merges: { published?: number } }[] };
    const registries = body.registries as readonly { problems: object }[];
    const hasPublished = recent.some(({ run_id, merges }) => run_id === PLAN.run && (merges.published ?? 0) > 20);
    return hasPublished && registries.some(({ problems }) => Object.keys(problems).length > 0);
  });
}

/** What an older run left behind that is wider, and a newer one has already taken. */
async function playBefore(scene: Scene): Promise<void> {
  for (const [run, play, legs] of [
    [PLAN.older, 'narrower', ['amd64', 'arm64']],
    [PLAN.newer, 'superseded', ['amd64']],
  ] as const) {
    const merges = RELEASE.filter((merge) => merge.before === play);
    for (const merge of merges) await scene.report(run, { ...merge, legs }, legs);
    await expectOk(
      scene.finish(
        run,
        merges.map(({ suffix }) => suffix),
      ),
    );
  }
}
