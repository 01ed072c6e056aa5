import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, CORE, MERGE } from '../../demo/config.ts';
import { AT_ONCE, BUILDER, startWorld, type World } from './world.ts';

/** May finish and, started by hand, take back what project `localai` published. */
const FINISHER = { job_workflow_ref: `${MERGE}@refs/heads/master` };
const MAINTAIN = { ...FINISHER, event_name: 'workflow_dispatch', run_id: '9000' };

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) => {
        const maintain = { workflows: project.roles.sign.workflows, events: ['workflow_dispatch'] };
        return { ...project, roles: { ...project.roles, maintain } };
      }),
    }),
  });
}, 60_000);
afterAll(() => world?.close());

/** Takes back a run of the project whose workflow calls. */
async function rollback(run_id: string, claims: Readonly<Record<string, string>>) {
  const { body } = await world.call({ method: 'POST', path: '/v1/tags/rollback', claims, body: { run_id } });
  return (body.tags as { name: string; state: string }[]).map(({ name, state }) => `${name} ${state}`).sort();
}

/** What both tags of a suffix name, in both registries. */
const tagged = async (suffix: string, repository: string) =>
  (await Promise.all([`master${suffix}`, `sha-5d0b549${suffix}`].map((tag) => world.tagged(tag, repository)))).flat();

const ALL_BACK = (suffix: string) =>
  [`master${suffix}`, `sha-5d0b549${suffix}`].flatMap((tag) => Array(2).fill(`${tag} rolled_back`) as string[]);

describe('the rollback of a run', () => {
  const publish = async (suffix: string, run_id: string) => {
    const images = await world.push(CORE, `run ${run_id}`);
    const legs = images.map(({ arch, digest }) => ({ suffix, arch, digest, claims: { ...AT_ONCE, run_id } }));
    for (const leg of legs.slice(0, -1)) await world.report(leg);
    return () => world.report(legs.at(-1) ?? expect.fail('no leg'));
  };
  const maintain = { ...MAINTAIN, ...AT_ONCE };

  it('takes back the tags that moved before another one failed, and the step was repeated', async () => {
    const before = await (await publish('-part', '200'))();
    const report = await publish('-part', '201');
    const { faults } = world.stack.registries[0].demo;
    faults.add({
      kind: 'status',
      status: 500,
      times: 4,
      match: ({ method, url }) => method === 'HEAD' && url.endsWith('/manifests/master-part'),
    });
    expect(await report()).toMatchObject({ status: 503, body: { state: 'retrying' } });
    const after = await report();
    expect(after).toMatchObject({ status: 200, body: { state: 'published' } });
    expect(await tagged('-part', CORE)).toEqual(Array(4).fill(after.body.digest));
    expect(await rollback('201', maintain)).toEqual(ALL_BACK('-part'));
    expect(await tagged('-part', CORE)).toEqual(Array(4).fill(before.body.digest));
  }, 30_000);

  it('takes back what it published before a leg was built again', async () => {
    const finish = async (run_id: string) => {
      const images = await world.push(BACKENDS, `run ${run_id}`);
      for (const { arch, digest } of images)
        await world.report({ suffix: '-again', arch, digest, claims: { ...BUILDER, run_id } });
      return world.finish(run_id, FINISHER);
    };
    await finish('220');
    const before = await tagged('-again', BACKENDS);
    expect(await finish('221')).toMatchObject({ status: 200 });
    expect(await tagged('-again', BACKENDS)).not.toEqual(before);
    const [image] = await world.push(BACKENDS, 'run 221, built again');
    const claims = { ...BUILDER, run_id: '221', run_attempt: '2' };
    const again = { suffix: '-again', arch: String(image?.arch), digest: String(image?.digest), claims };
    expect(await world.report(again)).toMatchObject({ body: { state: 'needs_token', generation: 2 } });
    expect(await rollback('221', MAINTAIN)).toEqual(ALL_BACK('-again'));
    expect(await tagged('-again', BACKENDS)).toEqual(before);
  }, 30_000);

  it('leaves what an earlier run had put there', async () => {
    const images = await world.push(CORE, 'the same bytes');
    for (const run_id of ['229', '230', '231'])
      for (const { arch, digest } of run_id === '229' ? await world.push(CORE, 'run 229') : images)
        await world.report({ suffix: '-same', arch, digest, claims: { ...AT_ONCE, run_id } });
    const before = await tagged('-same', CORE);
    expect(await rollback('231', maintain)).toEqual(ALL_BACK('-same').map((tag) => tag.replace(/ .*/, ' unchanged')));
    expect(await tagged('-same', CORE)).toEqual(before);
  }, 30_000);
});
