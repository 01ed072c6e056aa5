import type { Context } from 'hono';

/** The page of a run. */
export function runPath(project: string, runId: string): string {
  return `/runs/${encodeURIComponent(project)}/${encodeURIComponent(runId)}`;
}

/** The stream of what happens in a run, or to one merge of it. */
export function runEventsPath(project: string, runId: string, suffix?: string): string {
  const only = suffix === undefined ? '' : `?tag_suffix=${encodeURIComponent(suffix)}`;
  return `/v1/runs/${encodeURIComponent(project)}/${encodeURIComponent(runId)}/events${only}`;
}

/** The page of a merge. */
export function mergePath(project: string, runId: string, suffix: string): string {
  return `/merges/${encodeURIComponent(project)}/${encodeURIComponent(runId)}/${segmentOf(suffix)}`;
}

/** A page's whole address, at the host that was called. */
export function urlOf(c: Context, path: string): string {
  return new URL(path, c.req.url).href;
}

/** A suffix as a path has it: `~` is the empty one. */
export function segmentOf(suffix: string): string {
  return suffix === '' ? '~' : encodeURIComponent(suffix);
}

/** The page with a verdict. */
export function verifyPath(query: Readonly<Record<string, string>>): string {
  return `/verify${queryOf(query)}`;
}

/** A query without what is empty. */
export function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
