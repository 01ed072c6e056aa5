import type { Context } from 'hono';
import { OPERATIONS } from './openapi/operations.ts';
import { renderProblem } from './problem.ts';

const ROUTES = OPERATIONS.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The methods that a path answers to, in upper case; empty where no route has it. HEAD goes with GET. */
export function methodsOf(path: string): string[] {
  const methods = ROUTES.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
}

/**
 * Answers what no route took: 405 with `Allow` where the path is right and the method is not, else 404.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function renderUnrouted(c: Context): Response {
  const { method, path } = c.req;
  const allowed = methodsOf(path);
  if (allowed.length === 0) return renderProblem(c, 404, 'NOT_FOUND', `nothing answers ${method} ${path}`);
  c.header('Allow', allowed.join(', '));
  return renderProblem(c, 405, 'METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(', ')}`);
}
