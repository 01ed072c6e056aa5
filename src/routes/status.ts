import { Hono } from 'hono';
import { gatherStatus } from '../lib/status/gather.ts';
import type { AppEnv } from './app-types.ts';

/** `GET /v1/status`: for operators and their monitors. It names no secret, and costs no call to a registry. */
export const statusRoutes = new Hono<AppEnv>().get('/', async (c) => {
  c.header('Cache-Control', 'no-store');
  return c.json(await gatherStatus(c.env));
});
