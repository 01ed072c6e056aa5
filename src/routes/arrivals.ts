import { Hono } from 'hono';
import type { Report } from '../lib/merge/arrivals/arrival.ts';
import { tagsOf } from '../lib/merge/tags.ts';
import { mergeName } from '../lib/runs/names.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { arrivalSchema, parseBody } from './parse.ts';
import { respond } from './respond.ts';

/** `POST /v1/arrivals`: a build job reports a leg. */
export const arrivalRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const authenticated = await authenticate(c, 'report');
  const { project: name, ...body } = await parseBody(c, arrivalSchema);
  const { project, subject, claims, loan } = authenticated.select(name);
  const report: Report = { ...body, run_attempt: Number(claims.run_attempt) };
  const created_at = c.get('environment').services.now();
  // A tag that would be invalid is refused before anything is written.
  tagsOf(project, { subject, tag_suffix: report.tag_suffix, tag_latest: report.tag_latest ?? 'auto', created_at });
  const merge = c.env.MERGES.getByName(mergeName(project.name, subject.run_id, report.tag_suffix));
  return respond(c, merge, () => merge.arrive({ subject, report, loan }), 'arrival');
});
