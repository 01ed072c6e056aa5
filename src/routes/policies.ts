import { type Context, Hono } from 'hono';
import type { Config } from '../lib/config.ts';
import { findPolicy } from '../lib/gallery/request.ts';
import type { AppEnv } from './app-types.ts';
import { hasAlready } from './content-headers.ts';
import { ProblemError } from './problem.ts';

export interface PoliciesDeps {
  readonly config: Config;
}

/**
 * The policies in force, at `/v1/policies`: LocalAI's `verification:` fields, and ours.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 (If-None-Match)
 */
export function policyRoutes(deps: PoliciesDeps | ((c: Context<AppEnv>) => PoliciesDeps)): Hono<AppEnv> {
  return new Hono<AppEnv>().get('/:name', (c) => {
    const { config } = typeof deps === 'function' ? deps(c) : deps;
    const found = findPolicy(config, c.req.param('name'));
    if (!found) throw new ProblemError(404, 'POLICY_NOT_FOUND', 'no policy of that name is configured');
    const etag = `"${found.etag}"`;
    c.header('ETag', etag);
    // Clients ask each time; an unchanged policy costs them no body.
    c.header('Cache-Control', 'no-cache');
    return hasAlready(c.req.header('If-None-Match'), etag) ? c.body(null, 304) : c.json(found.policy);
  });
}
