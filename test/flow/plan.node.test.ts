import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { WORKFLOWS } from '../../demo/issuer/claims.ts';
import { ROOT, runProgram } from '../../demo/process.ts';
import { BUILDER, startWorld, type World } from './world.ts';

const MATRIX = { job_workflow_ref: `${WORKFLOWS}/backend.yml@refs/heads/master` };
const ADMIN = `${WORKFLOWS}/muster-admin.yml`;
const MAINTAIN = { job_workflow_ref: `${ADMIN}@refs/heads/master`, event_name: 'workflow_dispatch', run_id: '9000' };
let world: World;
let images: Image[];

beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) =>
        project.name === 'localai'
          ? {
              ...project,
              require_plan: true,
              roles: { ...project.roles, maintain: { workflows: [ADMIN], events: ['workflow_dispatch'] } },
            }
          : project,
      ),
    }),
  });
  images = await world.push(BACKENDS, 'plans');
}, 60_000);
afterAll(() => world?.close());

const BOTH = ['amd64', 'arm64'];
const plan = (run_id: string, merges: object[], claims: Record<string, string> = MATRIX) =>
  world.call({
    method: 'PUT',
    path: `/v1/runs/localai/${run_id}/plan`,
    claims: { run_id, ...claims },
    body: { merges },
  });
const arrive = (run_id: string, suffix: string, arch: string, claims: Record<string, string> = {}) =>
  world.call({
    method: 'POST',
    path: '/v1/arrivals',
    claims: { ...BUILDER, run_id, ...claims },
    body: { tag_suffix: suffix, platform_tag: arch, digest: images.find((image) => image.arch === arch)?.digest },
  });
const cancel = (run_id: string, claims: Record<string, string> = MAINTAIN) =>
  world.call({ method: 'POST', path: `/v1/runs/localai/${run_id}/cancel`, claims });
const run = (run_id: string) => world.call({ path: `/v1/runs/localai/${run_id}` });

describe('PUT /v1/runs/…/plan', () => {
  it('is for the matrix job only', async () => {
    const answer = await plan('100', [], BUILDER);
    expect(answer).toMatchObject({ status: 403, body: { code: 'ROLE_REFUSED', rule: 'workflow' } });
  });
  it('is for the token’s own run only', async () => {
    const answer = await plan('100', [], { ...MATRIX, run_id: '101' });
    expect(answer).toMatchObject({ status: 403, body: { rule: 'run_id' } });
  });
  it.each<[string, object, number, string]>([
    ['a platform tag that nobody knows', { tag_suffix: '-a', platform_tags: ['z80'] }, 400, 'PLATFORM_TAG_UNKNOWN'],
    [
      'a suffix that makes no tag',
      { tag_suffix: `-${'a'.repeat(79)}b`, platform_tags: ['amd64'] },
      400,
      'BODY_INVALID',
    ],
    ['a leg twice', { tag_suffix: '-a', platform_tags: ['amd64', 'amd64'] }, 400, 'BODY_INVALID'],
    ['a merge without legs', { tag_suffix: '-a', platform_tags: [] }, 400, 'BODY_INVALID'],
    ['a key that nobody knows', { tag_suffix: '-a', platform_tags: ['amd64'], wide: true }, 400, 'BODY_INVALID'],
  ])('refuses %s', async (_, merge, status, code) => {
    expect(await plan('100', [merge])).toMatchObject({ status, body: { code } });
  });
  it('refuses a suffix twice', async () => {
    const merge = { tag_suffix: '-a', platform_tags: ['amd64'] };
    expect(await plan('100', [merge, merge])).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  });
  it('reads what workflows write: an absent platform tag, an absent tag_latest', async () => {
    const answer = await plan('102', [{ tag_suffix: '-a', platform_tags: [''], tag_latest: '' }]);
    expect(answer).toMatchObject({ status: 200, body: { state: 'planned', merges: 1, legs: 1, added: ['-a'] } });
    expect((await run('102')).body).toMatchObject({ merges: [{ tag_suffix: '-a', expected: ['single'] }] });
  });
  it('answers the same plan sent again with no change', async () => {
    const answer = await plan('102', [{ tag_suffix: '-a', platform_tags: ['single'], tag_latest: 'auto' }]);
    expect(answer.body).toMatchObject({ added: [], changed: [], removed: [] });
  });
});

describe('the plan of LocalAI’s whole matrix', () => {
  it('is accepted, and shows what every merge waits for', async () => {
    const file = `${ROOT}test/fixtures/localai-matrix/backend-matrix.json`;
    const { merges } = JSON.parse(await runProgram(process.execPath, [`${ROOT}examples/plan-from-matrix.mjs`, file]));
    expect(await plan('140', merges)).toMatchObject({ status: 200, body: { merges: 448, legs: 519 } });
    const { body } = await run('140');
    expect(body).toMatchObject({ counts: { waiting: 448 }, overdue: 0 });
  });
});

describe('a run with a plan', () => {
  it('takes nothing before it, where the project requires one', async () => {
    expect(await arrive('110', '-a', 'amd64')).toMatchObject({ status: 409, body: { code: 'NOT_PLANNED' } });
  });
  it('knows what is missing without a report’s word', async () => {
    await plan('110', [{ tag_suffix: '-a', platform_tags: BOTH, tag_latest: false }]);
    expect(await arrive('110', '-a', 'amd64')).toMatchObject({
      status: 202,
      body: { state: 'waiting', expected: BOTH, missing: ['arm64'] },
    });
  });
  it.each([
    ['a suffix outside it', '-a-b', 'amd64'],
    ['a suffix that is a part of one', '-', 'amd64'],
  ])('refuses %s, with nothing written', async (_, suffix, arch) => {
    const before = world.stack.registries.map(({ demo }) => demo.calls.length);
    expect(await arrive('110', suffix, arch)).toMatchObject({ status: 409, body: { code: 'NOT_PLANNED' } });
    expect(world.stack.registries.map(({ demo }) => demo.calls.length)).toEqual(before);
  });
  it('refuses a report that expects something else', async () => {
    const digest = images[1]?.digest ?? '';
    const answer = await world.report({
      suffix: '-a',
      arch: 'arm64',
      digest,
      claims: { ...BUILDER, run_id: '110' },
      expect: ['arm64'],
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'EXPECT_CONFLICT' } });
  });
  it('refuses a later plan that does not have what arrived, and says what', async () => {
    const answer = await plan('110', [{ tag_suffix: '-a', platform_tags: ['arm64'] }]);
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'PLAN_CONFLICT', conflicts: [{ tag_suffix: '-a', arrived: ['amd64'], planned: ['arm64'] }] },
    });
  });
  it('is complete when its last planned leg is there', async () => {
    await arrive('110', '-a', 'arm64');
    const { status, body } = await world.finish('110');
    expect([status, body.state]).toEqual([200, 'published']);
    expect(await world.tagged('latest-a')).toEqual([undefined, undefined]);
  });
  it('says in a finishing call what has not come at all', async () => {
    await plan('111', [{ tag_suffix: '-a', platform_tags: BOTH }]);
    expect((await world.finish('111')).body).toMatchObject({
      code: 'RUN_INCOMPLETE',
      merges: [{ tag_suffix: '-a', state: 'waiting', missing: BOTH }],
    });
  });
  it('changes with a later plan what a merge waits for, and completes it', async () => {
    await plan('112', [{ tag_suffix: '-w', platform_tags: BOTH }]);
    await arrive('112', '-w', 'amd64');
    const answer = await plan('112', [
      { tag_suffix: '-w', platform_tags: ['amd64'] },
      { tag_suffix: '-v', platform_tags: BOTH },
    ]);
    expect(answer.body).toMatchObject({ added: ['-v'], changed: ['-w'] });
    expect((await run('112')).body).toMatchObject({ counts: { needs_token: 1, waiting: 1 } });
  });
});

describe('a plan of one edited leg', () => {
  it('never narrows a tag, and keeps the anchors of what is held', async () => {
    await plan('120', [{ tag_suffix: '-n', platform_tags: BOTH }]);
    for (const arch of BOTH) await arrive('120', '-n', arch);
    await world.finish('120');
    const wide = await world.tagged('master-n');
    await plan('121', [{ tag_suffix: '-n', platform_tags: ['amd64'] }]);
    await arrive('121', '-n', 'amd64');
    const { status, body } = await world.finish('121');
    expect(status).toBe(409);
    expect(body.merges).toMatchObject([{ tag_suffix: '-n', state: 'failed', code: 'NARROWER' }]);
    expect(await world.tagged('master-n')).toEqual(wide);
  });
  it('narrows it where the plan says so, without a new report', async () => {
    const wide = await world.tagged('master-n');
    await plan('121', [{ tag_suffix: '-n', platform_tags: ['amd64'], narrow: true }]);
    expect(await world.finish('121')).toMatchObject({ status: 200 });
    expect(await world.tagged('master-n')).not.toEqual(wide);
  });
});

describe('POST /v1/runs/…/cancel', () => {
  it('is for the maintenance workflow only', async () => {
    expect(await cancel('110', MATRIX)).toMatchObject({ status: 403 });
  });
  it('does not know a run of which nothing came', async () => {
    expect(await cancel('130')).toMatchObject({ status: 404, body: { code: 'RUN_UNKNOWN' } });
  });
  it('stops what is not published, and leaves what is', async () => {
    await plan(
      '131',
      ['-p', '-q', '-r'].map((tag_suffix) => ({ tag_suffix, platform_tags: ['amd64'] })),
    );
    await arrive('131', '-p', 'amd64');
    await world.finish('131', {}, { tag_suffixes: ['-p'] });
    await arrive('131', '-q', 'amd64');
    expect(await cancel('131')).toMatchObject({
      status: 200,
      body: { cancelled: true, counts: { published: 1, cancelled: 2 } },
    });
    expect(await world.finish('131')).toMatchObject({ status: 409 });
    expect(await world.tagged('master-q')).toEqual([undefined, undefined]);
  });
  it('stops legs of the same attempt that come later', async () => {
    expect(await arrive('131', '-r', 'amd64')).toMatchObject({ status: 409, body: { state: 'cancelled' } });
  });
  it('lets a newer attempt take the run up, with the legs that are there', async () => {
    expect(await world.finish('131', { run_attempt: '2' })).toMatchObject({ status: 200 });
    expect((await run('131')).body).toMatchObject({ cancelled: false, counts: { published: 3 } });
  });
});
