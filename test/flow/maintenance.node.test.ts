import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE, IMAGE } from '../../demo/config.ts';
import { buildImage, packLayer } from '../../demo/images.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const MAINTAIN = { ...AT_ONCE, event_name: 'workflow_dispatch', run_id: '9000' };
let world: World;
let repositories: string[];
/** What runs 100 and 101 published. */
const published: string[] = [];

beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) =>
        project.name === 'core'
          ? { ...project, roles: { ...project.roles, maintain: { workflows: [IMAGE], events: ['workflow_dispatch'] } } }
          : project,
      ),
    }),
  });
  repositories = world.stack.registries.map(({ host }) => `${host}/${CORE}`);
  for (const run_id of ['100', '101']) {
    const images = await world.push(CORE, `run ${run_id}`);
    for (const { arch, digest } of images) {
      const answer = await world.report({ suffix: '-x', arch, digest, claims: { ...AT_ONCE, run_id } });
      if (answer.status === 200) published.push(String(answer.body.digest));
    }
  }
}, 60_000);
afterAll(() => world?.close());

const rollback = (body: object, claims: Record<string, string> = MAINTAIN) =>
  world.call({ method: 'POST', path: '/v1/tags/rollback', claims, body });

describe('POST /v1/tags/rollback', () => {
  it('is for the maintenance workflow only', async () => {
    const answer = await rollback({ run_id: '101' }, AT_ONCE);
    expect(answer).toMatchObject({ status: 403, body: { code: 'ROLE_REFUSED', rule: 'event' } });
  });
  it('refuses a repository that is not the project’s', async () => {
    const answer = await rollback({ repository: 'localhost:1/other', tag: 'master-x' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'NOT_A_TARGET' } });
  });
  it('knows no run of which nothing has arrived', async () => {
    const answer = await rollback({ run_id: '4040' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'RUN_UNKNOWN' } });
  });
  it('refuses a digest that the tag never held', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const { body } = await rollback({ repository: repositories[0], tag: 'master-x', digest });
    expect(body.tags).toMatchObject([{ state: 'refused', code: 'NO_EARLIER_DIGEST' }]);
  });
  it('puts every tag that a run moved back, in every registry', async () => {
    const { status, body } = await rollback({ run_id: '101' });
    expect(status).toBe(200);
    expect(body.tags).toHaveLength(4);
    expect(await world.tagged('master-x', CORE)).toEqual([published[0], published[0]]);
  });
  it('does nothing the second time', async () => {
    const { body } = await rollback({ run_id: '101' });
    expect((body.tags as { state: string }[]).map(({ state }) => state)).toEqual(Array(4).fill('unchanged'));
  });
  it('puts a tag forward again, to a digest of its history', async () => {
    const [repository] = repositories;
    const { body } = await rollback({ repository, tag: 'master-x', digest: published[1] });
    expect(body.tags).toMatchObject([{ state: 'rolled_back', digest: published[1] }]);
  });
  it('refuses what today’s policy refuses', async () => {
    const [first] = world.clients;
    // Somebody else moves the tag to an image that nobody signed, then a run moves it on.
    const unsigned = (await world.push(CORE, 'unsigned'))[0];
    if (!first || !unsigned) throw new Error('a registry and an image');
    await first.pushImage(CORE, unsigned, 'master-y');
    for (const { arch, digest } of await world.push(CORE, 'signed'))
      await world.report({ suffix: '-y', arch, digest, claims: { ...AT_ONCE, run_id: '102' } });
    const { body } = await rollback({ repository: repositories[0], tag: 'master-y' });
    expect(body.tags).toMatchObject([{ state: 'refused', code: 'SIGNATURE_MISSING' }]);
  });
  it('leaves the fence: an older run that is repeated does not win', async () => {
    const claims = { ...AT_ONCE, run_id: '99' };
    for (const { arch, digest } of await world.push(CORE, 'run 99'))
      await world.report({ suffix: '-x', arch, digest, claims });
    expect((await world.tagged('master-x', CORE))[1]).toBe(published[0]);
  });
});

describe('POST /v1/signatures', () => {
  const sign = (refs: string[], claims: Record<string, string> = MAINTAIN) =>
    world.call({ method: 'POST', path: '/v1/signatures', claims, body: { refs } });

  it('signs what was published before, so that it verifies', async () => {
    const [image] = await world.push(CORE, 'published long ago');
    const refs = repositories.map((repository) => `${repository}@${image?.digest}`);
    const before = { ...world.stack.sigstore.counts };
    expect(await sign(refs)).toMatchObject({
      status: 200,
      body: { results: [{ state: 'signed' }, { state: 'signed' }] },
    });
    expect(world.stack.sigstore.counts.certificates).toBe(before.certificates + 1);
    expect(world.stack.sigstore.counts.entries).toBe(before.entries + 1);
    for (const ref of refs)
      expect(await world.call({ path: `/v1/verify?ref=${ref}&policy=core` })).toMatchObject({
        status: 200,
        body: { verified: true },
      });
  });
  it('says where another bundle comes before ours', async () => {
    const [image] = await world.push(CORE, 'signed twice');
    const ref = `${repositories[0]}@${image?.digest}`;
    const [first, second] = [await sign([ref]), await sign([ref])];
    expect(first.body).toMatchObject({ results: [{ state: 'signed' }] });
    expect(JSON.stringify(first.body)).not.toContain('SHADOWED');
    expect(second).toMatchObject({ status: 200, body: { results: [{ state: 'signed', code: 'SHADOWED' }] } });
  });
  it('signs many under one certificate, with a bundle for each hundred', async () => {
    const [client] = world.clients;
    const layer = packLayer(Buffer.from('one layer'));
    const images = Array.from({ length: 102 }, (_, index) => buildImage('amd64', layer, `many ${index}`));
    for (const image of images) await client?.pushImage(CORE, image);
    const before = { ...world.stack.sigstore.counts };
    const { status, body } = await sign(images.map(({ digest }) => `${repositories[0]}@${digest}`));
    expect([status, (body.results as unknown[]).length]).toEqual([200, 102]);
    const { certificates, entries } = world.stack.sigstore.counts;
    expect([certificates - before.certificates, entries - before.entries]).toEqual([1, 2]);
  }, 60_000);
  it('says of each image what became of it', async () => {
    const missing = `${repositories[0]}@sha256:${'1'.repeat(64)}`;
    const { status, body } = await sign([missing]);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'SIGNATURES_INCOMPLETE',
      results: [{ ref: missing, code: 'SOURCE_NOT_FOUND' }],
    });
  });
  it('takes digests only', async () => {
    expect(await sign([`${repositories[0]}:master-x`])).toMatchObject({ status: 400, body: { field: 'refs.0' } });
  });
  it('signs nothing of a repository that is not the project’s', async () => {
    const answer = await sign([`localhost:1/other@sha256:${'1'.repeat(64)}`]);
    expect(answer).toMatchObject({ status: 422, body: { code: 'NO_TARGET' } });
  });
});
