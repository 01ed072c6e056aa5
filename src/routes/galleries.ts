import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { buildClientSetting } from '../lib/gallery/audit/client-setting.ts';
import { MIN_INTERVAL_MS } from '../lib/gallery/audit/interval.ts';
import type { GalleryQuery } from '../lib/gallery/audit/view.ts';
import { findPolicy } from '../lib/gallery/request.ts';
import { unwrap } from '../lib/outcome.ts';
import type { AppEnv } from './app-types.ts';
import { hasAlready } from './content-headers.ts';
import { ProblemError } from './problem.ts';

const YAML = 'application/yaml; charset=utf-8';

const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a number')
    .transform(Number)
    .refine((value) => value <= max, `must be at most ${max}`);

/** What may be asked of an audit. */
export const galleryQuerySchema = z.strictObject({
  code: z.string().max(64).exactOptional(),
  installs: z.enum(['uri', 'mirror', 'branch', 'development', 'none', 'unknown']).exactOptional(),
  name: z.string().max(200).exactOptional(),
  changed: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false),
  not_before: z
    .string()
    .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), 'must be an RFC 3339 time')
    .exactOptional(),
  order: z.enum(['gallery', 'attention']).default('gallery'),
  limit: whole(1000).default(100),
  offset: whole(100_000).default(0),
});

/** What an audit found of a gallery, and the gallery with what verified, at `/v1/galleries`. */
export const galleryRoutes = new Hono<AppEnv>()
  .get('/:name', async (c) => {
    c.header('Cache-Control', 'no-store');
    return c.json(await pullGallery(c, c.req.param('name'), c.req.query()));
  })
  .post('/:name/audits', async (c) => {
    const { name } = galleryOf(c, c.req.param('name'));
    const started = await c.env.GALLERIES.getByName(name).start(name, MIN_INTERVAL_MS);
    if (started.state !== 'too_soon') return c.json({ state: started.state }, 202);
    const waitMs = (started.not_before ?? 0) - c.get('environment').services.now();
    c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
    throw new ProblemError(429, 'AUDIT_TOO_SOON', 'the last audit was begun less than an hour ago');
  })
  .get('/:name/index.yaml', async (c) => {
    const { name } = galleryOf(c, c.req.param('name'));
    const { yaml, sha256 } = unwrap(await c.env.GALLERIES.getByName(name).index(name));
    const etag = `"${sha256}"`;
    c.header('ETag', etag);
    c.header('Cache-Control', 'no-cache');
    if (hasAlready(c.req.header('If-None-Match'), etag)) return c.body(null, 304);
    return c.body(yaml, 200, { 'Content-Type': YAML });
  })
  .get('/:name/gallery.yaml', (c) => {
    const { name, policy } = galleryOf(c, c.req.param('name'));
    const found = findPolicy(c.get('environment').services.config, policy);
    const url = new URL(`/v1/galleries/${name}/index.yaml`, c.req.url).href;
    const setting = found && buildClientSetting(name, url, found.policy);
    if (setting === undefined)
      throw new ProblemError(
        404,
        'POLICY_NOT_FOR_CLIENTS',
        'the policy is for a managed key, which LocalAI does not know',
      );
    return c.body(setting, 200, { 'Content-Type': YAML });
  });

/** A gallery as its last audit found it. @throws {ProblemError} GALLERY_NOT_FOUND (404), QUERY_INVALID (400) */
export async function pullGallery(c: Context<AppEnv>, name: string, query: Record<string, string>): Promise<object> {
  const gallery = galleryOf(c, name);
  return unwrap(await c.env.GALLERIES.getByName(gallery.name).view(gallery.name, parseQuery(query)));
}

/** @throws {ProblemError} GALLERY_NOT_FOUND (404) */
function galleryOf(c: Context<AppEnv>, wanted: string) {
  const { config } = c.get('environment').services;
  const gallery = config.galleries.find(({ name }) => name === wanted);
  if (!gallery) throw new ProblemError(404, 'GALLERY_NOT_FOUND', 'no gallery of that name is configured');
  return gallery;
}

/** @throws {ProblemError} QUERY_INVALID (400), naming the parameter */
function parseQuery(query: Record<string, string>): GalleryQuery {
  const parsed = galleryQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : (issue?.path.map(String).join('.') ?? '');
  const message = issue?.code === 'unrecognized_keys' ? 'is not known' : issue?.message;
  throw new ProblemError(400, 'QUERY_INVALID', `${field.slice(0, 100)}: ${message}`, { field: field.slice(0, 100) });
}
