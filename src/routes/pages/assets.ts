import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import type { AppEnv } from '../app-types.ts';
import { ProblemError } from '../problem.ts';
import { ICON } from './icon.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

interface Asset {
  readonly text: string;
  readonly type: string;
  /** Of its content. */
  readonly hash: string;
}

const asset = (text: string, type: string): Asset => {
  return { text, type, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) };
};
const ASSETS: Readonly<Record<string, Asset>> = {
  'muster.css': asset(STYLE, 'text/css; charset=utf-8'),
  'muster.js': asset(SCRIPT, 'text/javascript; charset=utf-8'),
  'muster.svg': asset(ICON, 'image/svg+xml'),
};

/** Where an asset is; with its hash, so that it may be kept for good. */
export function assetPath(name: keyof typeof ASSETS & string): string {
  return `/assets/${name}?v=${ASSETS[name]?.hash}`;
}

/** What every page loads, at `/assets`: one sheet, one script, one icon. */
export const assetRoutes = new Hono<AppEnv>().get('/:name', (c) => {
  const found = ASSETS[c.req.param('name')];
  if (!found) throw new ProblemError(404, 'NOT_FOUND', 'no asset has that name');
  const etag = `"${found.hash}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': c.req.query('v') === found.hash ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (c.req.header('If-None-Match')?.includes(etag)) return c.body(null, 304, headers);
  return c.body(found.text, 200, { ...headers, 'Content-Type': found.type });
});
