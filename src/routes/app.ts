import { type Context, Hono } from 'hono';
import { routePath } from 'hono/route';
import { withinGate } from '../lib/calls.ts';
import { environmentOf } from '../lib/environment.ts';
import { nameOfPlace } from '../lib/gallery/pull-through/place.ts';
import { openUpstream } from '../lib/gallery/pull-through/upstream.ts';
import { reportCalls } from '../lib/status/report-calls.ts';
import type { AppEnv } from './app-types.ts';
import { arrivalRoutes } from './arrivals.ts';
import { galleryRoutes } from './galleries.ts';
import { mergeRoutes } from './merges.ts';
import { nothingAt, renderUnrouted } from './method.ts';
import { openapiRoutes } from './openapi.ts';
import { assetRoutes } from './pages/assets.ts';
import { isForReader, renderProblemPage } from './pages/fallback.ts';
import { pageRoutes } from './pages/pages.ts';
import { planRoutes } from './plans.ts';
import { policyRoutes } from './policies.ts';
import { describeError, renderError } from './problem.ts';
import { rateLimit } from './rate-limit.ts';
import { type RegistryDeps, registryRoutes } from './registry.ts';
import { rollbackRoutes } from './rollback.ts';
import { runRoutes } from './runs.ts';
import { signatureRoutes } from './signatures.ts';
import { statusRoutes } from './status.ts';
import { tagRoutes } from './tags.ts';
import { createVerifier } from './verifier.ts';
import { verifyRoutes } from './verify.ts';

/** What a public reader may use: anonymous registries, within their budget. */
const readerOf = (c: Context<AppEnv>) => {
  const { services, trust, publicRegistry, publicTarget } = c.get('environment');
  return {
    config: services.config,
    trust,
    registry: publicRegistry,
    now: services.now,
    publicTarget,
  };
};

/** What the pull-through serves from. */
const registryOf = (c: Context<AppEnv>): RegistryDeps => {
  const { services, publicRegistry, publicTarget, publicBudget } = c.get('environment');
  const options = { publicRegistry, ownRepository: publicTarget, budget: publicBudget };
  return {
    config: services.config,
    gate: (place) => c.env.REPOSITORIES.getByName(nameOfPlace(place)),
    upstream: (place) => openUpstream(options, place),
  };
};

const verifier = createVerifier(readerOf);

/** After the answer; a request that has no context, as in a test, waits for nothing. */
function inBackground(c: Context<AppEnv>, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // `work` never fails, and goes on by itself.
  }
}

/** Every route, in one place. */
export const app = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.set('environment', environmentOf(c.env));
    const { telemetry, services } = c.get('environment');
    const begun = services.now();
    await withinGate(next);
    c.header('X-Content-Type-Options', 'nosniff');
    telemetry.request({
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ms: services.now() - begun,
    });
    inBackground(c, reportCalls(c.env));
  })
  .use(rateLimit)
  .get('/healthz', (c) => c.json({ ok: true }))
  .route('/openapi.json', openapiRoutes)
  .route('/v1/arrivals', arrivalRoutes)
  .route('/v1/merges', mergeRoutes)
  .route('/v1/runs', planRoutes)
  .route('/v1/runs', runRoutes)
  .route('/v1/tags/rollback', rollbackRoutes)
  .route('/v1/tags', tagRoutes)
  .route('/v1/signatures', signatureRoutes)
  .route('/v1/status', statusRoutes)
  .route('/v1/verify', verifyRoutes(verifier))
  .route('/v1/policies', policyRoutes(readerOf))
  .route('/v1/galleries', galleryRoutes)
  .route('/assets', assetRoutes)
  .route('/', pageRoutes(verifier))
  .route('/v2', registryRoutes(registryOf))
  .notFound((c) => (isForReader(c) ? renderProblemPage(c, nothingAt(c)) : renderUnrouted(c)))
  .onError((error, c) =>
    isForReader(c) ? renderProblemPage(c, describeError(error, c.req.path)) : renderError(error, c),
  );
