import { Hono } from 'hono';
import type { AppEnv } from './app-types.ts';
import { hasAlready } from './content-headers.ts';
import { buildDocument } from './openapi/document.ts';
import { OPERATIONS } from './openapi/operations.ts';

let built: { readonly text: string; readonly etag: string } | undefined;

/** `GET /openapi.json`: every route, its bodies as the schemas that parse them have them. Built at its first use. */
export const openapiRoutes = new Hono<AppEnv>().get('/', async (c) => {
  built ??= await build();
  c.header('ETag', built.etag);
  c.header('Cache-Control', 'public, max-age=300');
  if (hasAlready(c.req.header('If-None-Match'), built.etag)) return c.body(null, 304);
  return c.body(built.text, 200, { 'Content-Type': 'application/json' });
});

async function build() {
  const text = JSON.stringify(buildDocument(OPERATIONS));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return { text, etag: `"${Buffer.from(digest).toString('hex').slice(0, 32)}"` };
}
