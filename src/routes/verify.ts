import { Hono } from 'hono';
import { parseBundleRequest, parseImagesRequest } from '../lib/gallery/request.ts';
import type { AppEnv } from './app-types.ts';
import { readJsonBody } from './parse.ts';
import type { Verifier } from './verifier.ts';

const MAX_BODY_BYTES = 256 * 1024;
const NO_STORE = { 'Cache-Control': 'no-store' };
const MAX_BUNDLE_BODY_BYTES = 8 * 1024 * 1024;

/** Verification, at `/v1/verify`: of one image (`GET`), of up to 100 (`POST`), of a bundle alone (`POST /bundle`). */
export function verifyRoutes(verifier: Verifier): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/', async (c) => {
      const { ref = '', ...demands } = c.req.query();
      const { status, body } = await verifier.image(c, ref, demands);
      return c.json(body, status, NO_STORE);
    })
    .post('/', async (c) => {
      const { refs, ...demands } = parseImagesRequest(await readJsonBody(c, MAX_BODY_BYTES));
      return c.json({ results: await verifier.images(c, refs, demands) }, 200, NO_STORE);
    })
    .post('/bundle', async (c) => {
      const request = parseBundleRequest(await readJsonBody(c, MAX_BUNDLE_BODY_BYTES));
      const { status, body } = await verifier.bundle(c, request);
      return c.json(body, status, NO_STORE);
    });
}
