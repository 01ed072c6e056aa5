import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../demo/config.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({ ...config, projects: config.projects.map((project) => ({ ...project, shadow: true })) }),
  });
}, 30_000);
afterAll(() => world?.close());

/** What the merge says of its first tag in the first registry. */
async function publish(run_id: string) {
  let last = await world.call({ path: '/healthz' });
  for (const { arch, digest } of await world.push(CORE, 'shadow'))
    last = await world.report({ suffix: '-s', arch, digest, claims: { ...AT_ONCE, run_id } });
  const [target] = last.body.targets as { tags: { name: string; state: string; reason?: string }[] }[];
  return { ...last, tag: target?.tags.find(({ name }) => name === 'master-s') };
}

describe('shadow mode', () => {
  it('publishes all but the tags, and says that they are not there', async () => {
    const { status, tag } = await publish('100');
    expect(status).toBe(200);
    expect(tag).toEqual({ name: 'master-s', state: 'differs', reason: 'it is not there' });
    expect(await world.tagged('master-s', CORE)).toEqual([undefined, undefined]);
  });
  it('says that a tag which the old job moved holds our very index', async () => {
    const { body } = await publish('101');
    const [first] = world.clients;
    const index = await first?.pull(CORE, String(body.digest));
    await first?.pushManifest(CORE, 'master-s', Buffer.from(index?.text ?? ''), index?.mediaType ?? '');
    expect((await publish('102')).tag).toEqual({ name: 'master-s', state: 'matches' });
  });
});
