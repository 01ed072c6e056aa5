import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { MergeOutcome, MergeView } from '../lib/merge/state.ts';
import { summariseMerge } from '../lib/merge/summary.ts';
import { unwrap } from '../lib/outcome.ts';
import { mergePath, urlOf } from './pages/links.ts';
import { renderProblem, statusOfCode } from './problem.ts';

/** What a caller waits for: its own report taken (`arrival`), or the merge published (`merge`). */
export type Awaited = 'arrival' | 'merge';

/** The status that says whether the caller's part is done; the one place that decides it. */
export function statusOfView(view: MergeView, awaited: Awaited): number {
  switch (view.state) {
    case 'published':
    case 'superseded':
      return 200;
    case 'retrying':
    case 'merging':
      return 503;
    case 'failed':
      return statusOfCode(view.code ?? 'TARGET_REFUSED') === 503 ? 503 : 422;
    case 'waiting':
    case 'needs_token':
      return awaited === 'arrival' ? 202 : 409;
    case 'cancelled':
      return 409;
  }
}

/** Answers with a merge's state, as JSON or as the summary that a job appends. */
export function renderMerge(c: Context, outcome: MergeOutcome, awaited: Awaited): Response {
  const view = unwrap(outcome);
  const status = statusOfView(view, awaited);
  if (awaited === 'merge' && view.state === 'waiting') {
    const { missing } = view;
    const arrived = view.arrivals.map(({ platform_tag }) => platform_tag);
    return renderProblem(c, 409, 'MERGE_INCOMPLETE', `missing: ${missing?.join(', ') ?? 'not known'}`, {
      state: view.state,
      arrived,
      missing,
    });
  }
  if (awaited === 'merge' && view.state === 'needs_token')
    return renderProblem(c, 409, 'NEEDS_TOKEN', view.reason ?? '', { state: view.state, reason: view.reason });
  if (status === 503) c.header('Retry-After', '5');
  if (c.req.header('Accept')?.includes('text/markdown'))
    return c.text(
      summariseMerge(view, urlOf(c, mergePath(view.project, view.run_id, view.tag_suffix))),
      status as ContentfulStatusCode,
      {
        'Content-Type': 'text/markdown; charset=utf-8',
      },
    );
  return c.json(view, status as ContentfulStatusCode);
}
