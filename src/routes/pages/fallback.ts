import type { Context } from 'hono';
import type { AppEnv } from '../app-types.ts';
import type { Problem } from '../problem.ts';
import { renderPage } from './layout.tsx';
import { problemPage } from './problem.tsx';

/** Whether a browser navigates to what is no part of the API: there a person reads the answer. */
export function isForReader({ req }: Context): boolean {
  return (
    req.method === 'GET' && !/^\/v[12](\/|$)/.test(req.path) && (req.header('Accept')?.includes('text/html') ?? false)
  );
}

/** Answers a reader with what went wrong. */
export function renderProblemPage(c: Context<AppEnv>, problem: Problem): Response | Promise<Response> {
  return renderPage(c, problemPage(problem));
}
