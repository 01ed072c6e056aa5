import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../demo/caller.ts';
import { CORE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { WORKFLOWS } from '../../demo/issuer/claims.ts';
import { withAnchors } from './outcome.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const ADMIN = `${WORKFLOWS}/muster-admin.yml`;
const MAINTAIN = { job_workflow_ref: `${ADMIN}@refs/heads/master`, event_name: 'workflow_dispatch', run_id: '9000' };
const DEADLINE_S = 5;

let world: World;
let images: Image[];
/** Anchors whose name begins so are not made before they are let go. */
let held = { anchor: '-', seen: 0, letGo: (): void => undefined, until: Promise.resolve() };

beforeAll(async () => {
  world = await startWorld({
    configure: (config) => {
      const { projects, ...rest } = withAnchors({ deadline_seconds: DEADLINE_S })(config) as typeof config;
      const maintain = { workflows: [ADMIN], events: ['workflow_dispatch'] };
      return {
        ...rest,
        projects: projects.map((project) => ({ ...project, roles: { ...project.roles, maintain } })),
      };
    },
    intercept: async (request, handler) => {
      if (request.method === 'PUT' && new URL(request.url).pathname.includes(`/manifests/${held.anchor}`)) {
        held.seen += 1;
        await held.until;
      }
      return handler(request);
    },
  });
  images = await world.push(CORE, 'interleaved');
}, 60_000);
afterAll(() => world?.close());

/** Reports a leg, and comes back when both registries are asked to anchor it. */
async function beginReport(run_id: string, suffix: string, arch: string, expect?: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  held = { anchor: `keepalive-${run_id}${suffix}-${arch}`, seen: 0, letGo: resolve, until: promise };
  const answer = report(run_id, suffix, arch, expect);
  while (held.seen < 2) await sleep(10);
  return {
    answer,
    finish: (): Promise<Answer> => {
      held.letGo();
      return answer;
    },
  };
}
const report = (run_id: string, suffix: string, arch: string, expect?: readonly string[]) =>
  world.call({
    method: 'POST',
    path: '/v1/arrivals',
    claims: { ...AT_ONCE, run_id },
    body: { tag_suffix: suffix, platform_tag: arch, digest: images.find((one) => one.arch === arch)?.digest, expect },
  });
const cancel = (run_id: string) =>
  world.call({ method: 'POST', path: `/v1/runs/core/${run_id}/cancel`, claims: MAINTAIN });
const BOTH = ['amd64', 'arm64'];

describe('a run that is cancelled while a leg is anchored', () => {
  it('moves no tag, though the leg makes a merge complete', async () => {
    await report('8100', '-late', 'amd64', BOTH);
    const last = await beginReport('8100', '-late', 'arm64', BOTH);
    expect(await cancel('8100')).toMatchObject({ status: 200, body: { cancelled: true } });
    expect(await last.finish()).toMatchObject({ status: 409, body: { state: 'cancelled' } });
    expect(await world.tagged('master-late', CORE)).toEqual([undefined, undefined]);
  });
  it('nor for a merge of which nothing had arrived', async () => {
    await report('8200', '-other', 'amd64', BOTH);
    const only = await beginReport('8200', '-first', 'amd64', ['amd64']);
    expect(await cancel('8200')).toMatchObject({ status: 200 });
    expect(await only.finish()).toMatchObject({ status: 409, body: { state: 'cancelled' } });
    expect(await world.tagged('master-first', CORE)).toEqual([undefined, undefined]);
  });
});

describe('two legs that are anchored at once', () => {
  it('are complete by what either of them expects', async () => {
    const silent = await beginReport('8300', '-silent', 'arm64');
    expect(await report('8300', '-silent', 'amd64', BOTH)).toMatchObject({ status: 202, body: { missing: ['arm64'] } });
    expect(await silent.finish()).toMatchObject({ status: 200, body: { state: 'published' } });
  });
  it('may not expect different legs', async () => {
    const first = await beginReport('8400', '-torn', 'amd64', BOTH);
    expect(await report('8400', '-torn', 'arm64', [...BOTH, 'armv7'])).toMatchObject({ status: 202 });
    expect(await first.finish()).toMatchObject({ status: 409, body: { code: 'EXPECT_CONFLICT' } });
  });
});

describe('a leg that takes longer to anchor than its caller waits', () => {
  it('is taken in all the same, and published with one signature by the report that is sent again', async () => {
    const counts = { ...world.stack.sigstore.counts };
    const first = await beginReport('8500', '-slow', 'amd64', ['amd64']);
    expect(await first.answer).toMatchObject({ status: 503, body: { code: 'ARRIVAL_PENDING' } });
    const again = report('8500', '-slow', 'amd64', ['amd64']);
    await sleep(500);
    held.letGo();
    expect(await again).toMatchObject({ status: 200, body: { state: 'published' } });
    expect(world.stack.sigstore.counts).toEqual({
      certificates: counts.certificates + 1,
      timestamps: counts.timestamps + 1,
      entries: counts.entries + 1,
    });
  }, 30_000);
});
