import { Hono } from 'hono';
import type { ProjectConfig } from '../lib/config.ts';
import { joinExpectations, platformOfTag } from '../lib/merge/arrivals/arrival.ts';
import { tagsOf } from '../lib/merge/tags.ts';
import type { RunSubject } from '../lib/merge/types.ts';
import { runName } from '../lib/runs/names.ts';
import type { PlannedMerge } from '../lib/runs/types.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { parseBody, parseRunId, planSchema } from './parse.ts';
import { ProblemError } from './problem.ts';

/** `/v1/runs`, what a run as a whole is told: its plan, and that it is cancelled. */
export const planRoutes = new Hono<AppEnv>()
  .put('/:project/:run_id/plan', async (c) => {
    const { project: name, run_id: segment } = c.req.param();
    const run_id = parseRunId(segment);
    const authenticated = await authenticate(c, 'plan');
    const { merges } = await parseBody(c, planSchema);
    const { project, subject, claims } = authenticated.select(name);
    if (claims.run_id !== run_id)
      throw new ProblemError(403, 'ROLE_REFUSED', `the token is of run ${claims.run_id}`, { rule: 'run_id' });
    const created_at = c.get('environment').services.now();
    for (const merge of merges) checkMerge(project, subject, merge, created_at);
    const run_attempt = Number(claims.run_attempt);
    const { ref, sha } = subject;
    const run = c.env.RUNS.getByName(runName(project.name, run_id));
    const outcome = await run.plan({ run_attempt, ref, sha, merges });
    const about = { project: project.name, run_id, run_attempt };
    if (outcome.kind === 'older') return c.json({ ...about, state: 'ignored', newest_attempt: outcome.run_attempt });
    const { conflicts, ...change } = outcome.change;
    if (outcome.kind === 'conflict')
      throw new ProblemError(409, 'PLAN_CONFLICT', 'legs have arrived that the plan does not have', {
        conflicts,
        ...change,
      });
    const legs = merges.reduce((sum, { platform_tags }) => sum + platform_tags.length, 0);
    return c.json({ ...about, state: 'planned', merges: merges.length, legs, ...change });
  })
  // The maintenance workflow is another run than the one that it cancels.
  .post('/:project/:run_id/cancel', async (c) => {
    const { project: name, run_id: segment } = c.req.param();
    const run_id = parseRunId(segment);
    const { project } = (await authenticate(c, 'maintain')).select(name);
    const view = await c.env.RUNS.getByName(runName(project.name, run_id)).cancel();
    if (!view) throw new ProblemError(404, 'RUN_UNKNOWN', 'nothing has arrived for this run');
    return c.json(view);
  });

/** What would be refused of a merge's reports is refused of its plan, hours before. @throws {CodedError} */
function checkMerge(project: ProjectConfig, subject: RunSubject, merge: PlannedMerge, created_at: number): void {
  const { tag_suffix, tag_latest, platform_tags } = merge;
  tagsOf(project, { subject, tag_suffix, tag_latest, created_at });
  for (const tag of platform_tags) platformOfTag(tag, project.platforms);
  const configured = project.expect[tag_suffix];
  if (configured)
    joinExpectations({ platform_tags, authority: 'plan' }, { platform_tags: configured, authority: 'configuration' });
}
