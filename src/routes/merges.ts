import { Hono } from 'hono';
import { summariseMerge } from '../lib/merge/summary.ts';
import { mergeName, runName } from '../lib/runs/names.ts';
import { isOpen } from '../lib/runs/view.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { streamLines } from './event-stream.ts';
import { mergePath, urlOf } from './pages/links.ts';
import { mergeSchema, parseBody, parseRunId, parseSuffixSegment } from './parse.ts';
import { ProblemError } from './problem.ts';
import { respond } from './respond.ts';

/** `/v1/merges`: lend a token to one merge, and see how it stands. */
export const mergeRoutes = new Hono<AppEnv>()
  .post('/', async (c) => {
    const authenticated = await authenticate(c, 'report');
    const { project: name, tag_suffix } = await parseBody(c, mergeSchema);
    const { project, subject, claims, loan } = authenticated.select(name);
    const merge = c.env.MERGES.getByName(mergeName(project.name, subject.run_id, tag_suffix));
    const view = await merge.view();
    if (!view)
      throw new ProblemError(409, 'MERGE_INCOMPLETE', 'nothing has arrived for this merge', {
        arrived: [],
        missing: null,
      });
    if (view.state === 'cancelled')
      await c.env.RUNS.getByName(runName(project.name, subject.run_id)).resume(Number(claims.run_attempt));
    return respond(c, merge, () => merge.lend(loan), 'merge');
  })
  .get('/:project/:run_id/:tag_suffix', async (c) => c.json(await pullMerge(c.env, c.req.param())))
  .get('/:project/:run_id/:tag_suffix/summary', async (c) => {
    const view = await pullMerge(c.env, c.req.param());
    const pageUrl = urlOf(c, mergePath(view.project, view.run_id, view.tag_suffix));
    return c.text(summariseMerge(view, pageUrl), 200, { 'Content-Type': 'text/markdown; charset=utf-8' });
  })
  .get('/:project/:run_id/:tag_suffix/events', async (c) => {
    const { project, run_id, tag_suffix } = c.req.param();
    const merge = c.env.MERGES.getByName(mergeName(project, parseRunId(run_id), parseSuffixSegment(tag_suffix)));
    const view = await pullMerge(c.env, c.req.param());
    return streamLines(c, isOpen([view]) ? await merge.watch() : noLines(), { before: view.steps });
  });

/** Of a merge after which nothing comes. */
function noLines(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

interface MergePath {
  readonly project: string;
  readonly run_id: string;
  readonly tag_suffix: string;
}

/** A merge as it stands. @throws {ProblemError} MERGE_UNKNOWN (404), PATH_INVALID (400) */
export async function pullMerge(env: AppEnv['Bindings'], path: MergePath) {
  const view = await findMerge(env, path);
  if (!view) throw unknownMerge();
  return view;
}

/** A merge as it stands; null where nothing has arrived for it. @throws {ProblemError} PATH_INVALID (400) */
export async function findMerge(env: AppEnv['Bindings'], { project, run_id, tag_suffix }: MergePath) {
  return env.MERGES.getByName(mergeName(project, parseRunId(run_id), parseSuffixSegment(tag_suffix))).view();
}

export function unknownMerge(): ProblemError {
  return new ProblemError(404, 'MERGE_UNKNOWN', 'nothing has arrived for this merge');
}
