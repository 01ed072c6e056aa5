import type { Context } from 'hono';
import { OPERATIONS } from './openapi/operations.ts';
import { type Problem, renderProblem, statusOfCode } from './problem.ts';

const ROUTES = OPERATIONS.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The methods that a path answers to, in upper case; empty where no route has it. HEAD goes with GET. */
export function methodsOf(path: string): string[] {
  const methods = ROUTES.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
}

/** What is said where no route has the path. */
export function nothingAt({ req }: Context): Problem {
  return { status: statusOfCode('NOT_FOUND'), code: 'NOT_FOUND', detail: `nothing answers ${req.method} ${req.path}` };
}

/**
 * Answers what no route took: 405 with `Allow` where the path is right and the method is not, else 404.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function renderUnrouted(c: Context): Response {
  const { path } = c.req;
  const allowed = methodsOf(path);
  if (allowed.length === 0) {
    const { status, code, detail } = nothingAt(c);
    return renderProblem(c, status, code, detail);
  }
  c.header('Allow', allowed.join(', '));
  return renderProblem(c, 405, 'METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(', ')}`);
}
