import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { summariseRun } from '../lib/merge/summary.ts';
import { tagsOf } from '../lib/merge/tags.ts';
import { unwrap } from '../lib/outcome.ts';
import type { Finished } from '../lib/runs/finish.ts';
import { runName } from '../lib/runs/names.ts';
import type { RunMergeView } from '../lib/runs/types.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { streamLines } from './event-stream.ts';
import { runPath, urlOf } from './pages/links.ts';
import { finishSchema, parseBody, parseRunId, parseSuffixSegment } from './parse.ts';
import { ProblemError, statusOfCode } from './problem.ts';
import { statusOfView } from './render.ts';

const MARKDOWN = { 'Content-Type': 'text/markdown; charset=utf-8' };

/** `/v1/runs`: the finishing job, and a run's state. */
export const runRoutes = new Hono<AppEnv>()
  .post('/:project/:run_id/finish', async (c) => {
    const { project: name, run_id: segment } = c.req.param();
    const run_id = parseRunId(segment);
    const authenticated = await authenticate(c, 'report');
    const body = await parseBody(c, finishSchema);
    const { project, subject, claims, loan } = authenticated.select(name);
    if (claims.run_id !== run_id)
      throw new ProblemError(403, 'ROLE_REFUSED', `the token is of run ${claims.run_id}`, { rule: 'run_id' });
    const run_attempt = Number(claims.run_attempt);
    const created_at = c.get('environment').services.now();
    const arrivals = body.arrivals.map((report) => {
      tagsOf(project, { subject, tag_suffix: report.tag_suffix, tag_latest: report.tag_latest ?? 'auto', created_at });
      return { subject, report: { ...report, run_attempt } };
    });
    const run = c.env.RUNS.getByName(runName(project.name, run_id));
    const { tag_suffixes } = body;
    const finished = await run.finish({ project: project.name, run_id, run_attempt, tag_suffixes, arrivals, loan });
    const merges = unwrap(finished);
    const status = statusOfRun(merges);
    const answer = {
      ...(status === 200 ? { state: 'published' } : { code: 'RUN_INCOMPLETE' }),
      project: project.name,
      run_id,
      merges: merges.map(renderFinished),
    };
    if (status === 503) c.header('Retry-After', '5');
    const pageUrl = urlOf(c, runPath(project.name, run_id));
    if (c.req.header('Accept')?.includes('text/markdown'))
      return c.text(summariseRun(answer, pageUrl), status as ContentfulStatusCode, MARKDOWN);
    return c.json(answer, status as ContentfulStatusCode);
  })
  .get('/:project/:run_id', async (c) => c.json(await pullRun(c.env, c.req.param())))
  .get('/:project/:run_id/summary', async (c) => {
    const run = await pullRun(c.env, c.req.param());
    return c.text(summariseRun(run, urlOf(c, runPath(run.project, run.run_id))), 200, MARKDOWN);
  })
  .get('/:project/:run_id/events', async (c) => {
    const { project, run_id } = c.req.param();
    const merges = await c.env.RUNS.getByName(runName(project, parseRunId(run_id))).watch();
    if (!merges) throw new ProblemError(404, 'RUN_UNKNOWN', 'nothing has arrived for this run');
    const only = c.req.query('tag_suffix');
    if (only === undefined) return streamLines(c, merges);
    const suffix = parseSuffixSegment(only);
    return streamLines(c, merges, { wants: (line) => (JSON.parse(line) as RunMergeView).tag_suffix === suffix });
  });

function renderFinished({ tag_suffix, outcome, missing: planned, isLate }: Finished) {
  if (isLate) return { tag_suffix, state: 'retrying', reason: 'its turn had not come; call again' };
  if (!outcome) return { tag_suffix, state: 'waiting', missing: planned ?? null, reason: 'nothing has arrived' };
  if (!outcome.ok) return { tag_suffix, state: 'failed', code: outcome.code, reason: outcome.detail };
  const { state, code, reason, missing, digest, targets, signature } = outcome.value;
  return { tag_suffix, state, code, missing, reason, digest, targets, signature };
}

/**
 * 200 only if everything is published; 503 while a merge needs another call, whatever else is missing, and where waiting
 * is all that is left to do; else 409.
 */
function statusOfRun(merges: readonly Finished[]): number {
  const open = merges.filter((merge) => statusOfFinished(merge) !== 200);
  if (merges.length === 0) return 409;
  if (open.length === 0) return 200;
  return open.some(needsCall) || open.every((merge) => statusOfFinished(merge) === 503) ? 503 : 409;
}

function statusOfFinished({ outcome, isLate }: Finished): number {
  if (isLate) return 503;
  if (!outcome) return 409;
  return outcome.ok ? statusOfView(outcome.value, 'merge') : statusOfCode(outcome.code);
}

/** Whether only another call takes a merge on: it had no turn, or its report could not be taken. What retries does so by itself. */
function needsCall(merge: Finished): boolean {
  return !merge.outcome?.ok && statusOfFinished(merge) === 503;
}

interface RunPath {
  readonly project: string;
  readonly run_id: string;
}

/** A run as it stands. @throws {ProblemError} RUN_UNKNOWN (404), PATH_INVALID (400) */
export async function pullRun(env: AppEnv['Bindings'], path: RunPath) {
  const view = await findRun(env, path);
  if (!view) throw new ProblemError(404, 'RUN_UNKNOWN', 'nothing has arrived for this run');
  return view;
}

/** A run as it stands; null where it is not known. @throws {ProblemError} PATH_INVALID (400) */
export async function findRun(env: AppEnv['Bindings'], { project, run_id }: RunPath) {
  return env.RUNS.getByName(runName(project, parseRunId(run_id))).view();
}
