import { Hono } from 'hono';
import { summariseMerge } from '../lib/merge/summary.ts';
import { mergeName, runName } from '../lib/runs/names.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
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
  .get('/:project/:run_id/:tag_suffix', async (c) => c.json(await pullView(c.env, c.req.param())))
  .get('/:project/:run_id/:tag_suffix/summary', async (c) =>
    c.text(summariseMerge(await pullView(c.env, c.req.param())), 200, {
      'Content-Type': 'text/markdown; charset=utf-8',
    }),
  )
  .get('/:project/:run_id/:tag_suffix/events', async (c) => {
    const { project, run_id, tag_suffix } = c.req.param();
    const merge = c.env.MERGES.getByName(mergeName(project, parseRunId(run_id), parseSuffixSegment(tag_suffix)));
    const view = await pullView(c.env, c.req.param());
    const asEvents = !c.req.header('Accept')?.includes('application/x-ndjson');
    const steps = (await merge.watch())
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(eventStream(asEvents, view.steps));
    return c.body(steps.pipeThrough(new TextEncoderStream()), 200, {
      'Content-Type': asEvents ? 'text/event-stream' : 'application/x-ndjson',
      'Cache-Control': 'no-store',
    });
  });

/** The steps so far, then those to come: as server-sent events, or as lines. */
function eventStream(asEvents: boolean, before: readonly object[]): TransformStream<string, string> {
  const write = (line: string) => (asEvents ? `data: ${line}\n\n` : `${line}\n`);
  return new TransformStream({
    start: (controller) => {
      for (const step of before) controller.enqueue(write(JSON.stringify(step)));
    },
    transform: (chunk, controller) => {
      for (const line of chunk.split('\n')) if (line !== '') controller.enqueue(write(line));
    },
  });
}

async function pullView(env: AppEnv['Bindings'], path: { project: string; run_id: string; tag_suffix: string }) {
  const name = mergeName(path.project, parseRunId(path.run_id), parseSuffixSegment(path.tag_suffix));
  const view = await env.MERGES.getByName(name).view();
  if (!view) throw new ProblemError(404, 'MERGE_UNKNOWN', 'nothing has arrived for this merge');
  return view;
}
