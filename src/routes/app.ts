import { type Context, Hono } from 'hono';
import { environmentOf } from '../lib/environment.ts';
import type { AppEnv } from './app-types.ts';
import { arrivalRoutes } from './arrivals.ts';
import { mergeRoutes } from './merges.ts';
import { policyRoutes } from './policies.ts';
import { renderError, renderProblem } from './problem.ts';
import { rollbackRoutes } from './rollback.ts';
import { runRoutes } from './runs.ts';
import { verifyRoutes } from './verify.ts';

/** What a public reader may use: anonymous registries, within their budget. */
const readerOf = (c: Context<AppEnv>) => {
  const { services, trust, publicRegistry } = c.get('environment');
  return {
    config: services.config,
    trust,
    registry: publicRegistry,
    now: services.now,
    publicTarget: services.repository,
  };
};

/** Every route, in one place. */
export const app = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.set('environment', environmentOf(c.env));
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
  })
  .get('/healthz', (c) => c.json({ ok: true }))
  .route('/v1/arrivals', arrivalRoutes)
  .route('/v1/merges', mergeRoutes)
  .route('/v1/runs', runRoutes)
  .route('/v1/tags/rollback', rollbackRoutes)
  .route('/v1/verify', verifyRoutes(readerOf))
  .route('/v1/policies', policyRoutes(readerOf))
  .notFound((c) => renderProblem(c, 404, 'NOT_FOUND', `nothing answers ${c.req.method} ${c.req.path}`))
  .onError(renderError);
