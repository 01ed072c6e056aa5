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
}

const ASSETS = {
  'muster.css': { text: STYLE, type: 'text/css; charset=utf-8' },
  'muster.js': { text: SCRIPT, type: 'text/javascript; charset=utf-8' },
  'muster.svg': { text: ICON, type: 'image/svg+xml' },
} as const satisfies Readonly<Record<string, Asset>>;

const hashes = new Map<Asset, string>();

/** Of its content; taken at its first use. */
function hashOf(asset: Asset): string {
  const hash = hashes.get(asset) ?? createHash('sha256').update(asset.text).digest('hex').slice(0, 16);
  hashes.set(asset, hash);
  return hash;
}

/** Where an asset is; with its hash, so that it may be kept for good. */
export function assetPath(name: keyof typeof ASSETS): string {
  return `/assets/${name}?v=${hashOf(ASSETS[name])}`;
}

/** What every page loads, at `/assets`: one sheet, one script, one icon. */
export const assetRoutes = new Hono<AppEnv>().get('/:name', (c) => {
  const name = c.req.param('name');
  if (!isAsset(name)) throw new ProblemError(404, 'NOT_FOUND', 'no asset has that name');
  const found = ASSETS[name];
  const hash = hashOf(found);
  const etag = `"${hash}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': c.req.query('v') === hash ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (c.req.header('If-None-Match')?.includes(etag)) return c.body(null, 304, headers);
  return c.body(found.text, 200, { ...headers, 'Content-Type': found.type });
});

function isAsset(name: string): name is keyof typeof ASSETS {
  return Object.hasOwn(ASSETS, name);
}
