import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv } from './app-types.ts';
import { ProblemError } from './problem.ts';
import { renderTooMany } from './registry-error.ts';

/** What anybody may call, by what it costs: `READ` asks our own objects, `VERIFY` asks registries, `PULL` serves images. */
export type LimitName = 'LIMIT_READ' | 'LIMIT_VERIFY' | 'LIMIT_PULL';

/** As wrangler.toml has it for each limit; a limit counts afresh after it, in seconds. */
const PERIOD_S = 60;
const VERIFYING = /^(\/verify|\/v1\/(verify|tags\/preview|galleries\/[^/]+\/audits))(\/|$)/;

/**
 * The limit that a request counts against; undefined where a token is asked for, and for `/healthz`, which monitors call.
 *
 * @param path without the query
 */
export function limitOf(method: string, path: string): LimitName | undefined {
  if (path === '/healthz') return undefined;
  if (path === '/v2' || path.startsWith('/v2/')) return 'LIMIT_PULL';
  if (VERIFYING.test(path)) return 'LIMIT_VERIFY';
  return method === 'GET' || method === 'HEAD' ? 'LIMIT_READ' : undefined;
}

/**
 * The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, within which a client may take
 * any.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/**
 * Limits what one client may ask without a token. Cloudflare counts by location and lets some more through: this keeps
 * a client that loops from being a nuisance, and is no defence.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */
export const rateLimit: MiddlewareHandler<AppEnv> = async (c, next) => {
  const name = limitOf(c.req.method, c.req.path);
  const limit = name && c.env[name];
  const address = c.req.header('CF-Connecting-IP');
  if (!limit || address === undefined || isLoopback(address)) return next();
  const { success } = await limit.limit({ key: networkOf(address) });
  return success ? next() : refuse(c, name);
};

/** Cloudflare has no such clients; a Worker that runs on somebody's own machine has no others. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** @throws {ProblemError} RATE_LIMITED (429) */
function refuse(c: Context, name: LimitName): Response {
  if (name === 'LIMIT_PULL') return renderTooMany(PERIOD_S * 1000);
  c.header('Retry-After', String(PERIOD_S));
  throw new ProblemError(429, 'RATE_LIMITED', `too many requests from this address; wait ${PERIOD_S} s`);
}
