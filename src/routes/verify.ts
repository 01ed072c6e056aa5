import { type Context, Hono } from 'hono';
import { CodedError } from '../lib/error.ts';
import { parseBundleRequest, parseImagesRequest } from '../lib/gallery/request.ts';
import { readBody } from '../lib/http.ts';
import type { AppEnv } from './app-types.ts';
import { ProblemError } from './problem.ts';
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

/** @throws {ProblemError} BODY_TOO_LARGE (413), BODY_INVALID (400) */
async function readJsonBody(c: Context, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(new Response(c.req.raw.body), maxBytes).catch((error) => {
    if (!(error instanceof CodedError) || error.code !== 'BODY_TOO_LARGE') throw error;
    throw new ProblemError(413, 'BODY_TOO_LARGE', `the body has at most ${maxBytes} bytes`);
  });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new ProblemError(400, 'BODY_INVALID', 'the body is not JSON');
  }
}
