import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { buildClaims } from '../../demo/issuer/claims.ts';
import { parseConfig } from '../../src/lib/config.ts';
import type { MergeState, MergeView } from '../../src/lib/merge/state.ts';
import type { Finished } from '../../src/lib/runs/finish.ts';
import type { AppEnv } from '../../src/routes/app-types.ts';
import { renderError } from '../../src/routes/problem.ts';
import { runRoutes } from '../../src/routes/runs.ts';

const claims = buildClaims();
const config = parseConfig({
  MUSTER: {
    audience: 'https://muster.test',
    policies: [{ name: 'x', issuer: 'i', identity: 's' }],
    projects: [
      {
        name: 'localai',
        repository: claims.repository,
        repository_id: claims.repository_id,
        repository_owner_id: claims.repository_owner_id,
        refs: [claims.ref],
        tags: ['type=sha'],
        roles: { report: { workflows: [claims.job_workflow_ref?.split('@')[0]] } },
        policy: 'x',
        targets: [{ repository: 'quay.io/a/b' }],
      },
    ],
  },
});

/** A finishing call whose merges end as the test has it. */
async function finish(merges: readonly Finished[], accept = 'application/json') {
  const environment = { services: { config, now: () => 0 }, idTokens: { verify: async () => claims } };
  const app = new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set('environment', environment as unknown as AppEnv['Variables']['environment']);
      await next();
    })
    .route('/v1/runs', runRoutes)
    .onError(renderError);
  const env = { RUNS: { getByName: () => ({ finish: async () => ({ ok: true, value: merges }) }) } };
  const headers = { Authorization: 'Bearer t', 'Content-Type': 'application/json', Accept: accept };
  return app.request('/v1/runs/localai/4242/finish', { method: 'POST', headers, body: '{}' }, env);
}

const resting = (tag_suffix: string, state: MergeState, rest: Partial<MergeView> = {}): Finished => ({
  tag_suffix,
  outcome: { ok: true, value: { tag_suffix, state, missing: [], ...rest } as MergeView },
});
const published = resting('-p', 'published');
const superseded = resting('-s', 'superseded');
const waiting = resting('-w', 'waiting', { missing: ['arm64'] });
const retrying = resting('-r', 'retrying');
const late: Finished = { tag_suffix: '-l', isLate: true };
const unreported: Finished = { tag_suffix: '-u', outcome: { ok: false, code: 'PEER_BUSY', detail: 'quay.io is busy' } };
const refused: Finished = { tag_suffix: '-f', outcome: { ok: false, code: 'PLATFORM_MISMATCH', detail: 'is arm64' } };

describe('POST /v1/runs/:project/:run_id/finish', () => {
  it.each<[number, string, readonly Finished[]]>([
    [200, 'everything is published', [published, superseded]],
    [409, 'nothing is known of the run', []],
    [409, 'a leg is missing', [published, waiting]],
    [409, 'a leg is missing, and another merge goes on by itself', [waiting, retrying]],
    [409, 'a report is refused', [refused, retrying]],
    [503, 'waiting is all that is left to do', [published, retrying]],
    [503, 'a merge had no turn', [published, late]],
    [503, 'a merge had no turn, and of another a leg is missing', [waiting, late]],
    [503, 'a report could not be taken, and of another merge a leg is missing', [waiting, unreported]],
    [503, 'a merge had no turn, and nothing of another has arrived', [{ tag_suffix: '-n' }, late]],
  ])('answers %i where %s', async (status, _, merges) => {
    const response = await finish(merges);
    expect([response.status, response.headers.has('Retry-After')]).toEqual([status, status === 503]);
  });
  it('says of each merge how it stands', async () => {
    const { code, merges } = await (await finish([published, waiting, late, unreported])).json<
      Record<string, object>
    >();
    expect([code, merges]).toEqual([
      'RUN_INCOMPLETE',
      [
        { tag_suffix: '-p', state: 'published', missing: [] },
        { tag_suffix: '-w', state: 'waiting', missing: ['arm64'] },
        { tag_suffix: '-l', state: 'retrying', reason: 'its turn had not come; call again' },
        { tag_suffix: '-u', state: 'failed', code: 'PEER_BUSY', reason: 'quay.io is busy' },
      ],
    ]);
  });
  it('says so in Markdown, where that is asked for', async () => {
    const response = await finish([waiting], 'text/markdown');
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining('| `-w` | waiting | arm64 |'),
    ]);
  });
});
