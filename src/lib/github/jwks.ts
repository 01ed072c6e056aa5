import { type CryptoKey, importJWK } from 'jose';
import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { messageOf } from '../error.ts';
import { type Caller, call } from '../http.ts';
import { lazily } from '../lazily.ts';
import { IdTokenError } from './error.ts';

const MAX_JWKS_BYTES = 256 * 1024;
const MAX_KEYS = 100;
/** However many unknown key ids come in, keys that are held are fetched anew no more often than this. */
const REFETCH_MS = 60_000;
/** While none are held every caller is refused, so the next try comes sooner. */
const RETRY_MS = 5_000;
/** Keys older than this are fetched anew before they are used, so that one the issuer withdrew is dropped. */
const MAX_AGE_MS = 3_600_000;
/** A fetch that takes longer belongs to a request that is gone: its promise may never settle. */
const STUCK_MS = 60_000;
/** How long a request waits for a fetch, which may be another request's. */
const WAIT_MS = 10_000;

const base64url = z.string().regex(/^[\w-]+$/);
/** An RSA key to check signatures with, of 2048 bits at least. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const keySchema = lazily(() =>
  z.object({
    kty: z.literal('RSA'),
    kid: z.string().min(1).max(256),
    n: base64url.min(342).max(1400),
    e: base64url.max(16),
    use: z.literal('sig').optional(),
    alg: z.literal('RS256').optional(),
  }),
);
const jwksSchema = lazily(() => z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) }));

/** Looks up an issuer's key by its id. @throws {IdTokenError} TOKEN_INVALID for an unknown id, ISSUER_UNAVAILABLE */
export type KeyLookup = (kid: string) => Promise<CryptoKey>;

/** What is held of an issuer: its last good keys, and the last try to get them. */
interface Held {
  keys: ReadonlyMap<string, CryptoKey>;
  /** When these keys came. */
  keysAt: number;
  triedAt: number;
  /** Why the last try failed, if it did. */
  failure: unknown;
  fetching: Promise<void> | undefined;
}

/**
 * The keys of an issuer: fetched at the first need, for an id that is not among them, and when they have grown old;
 * once a minute at most. The last good set stays where a fetch fails or brings none.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#RotateSigningKeys
 */
export function createKeyLookup(caller: Caller, issuer: string): KeyLookup {
  const never = Number.NEGATIVE_INFINITY;
  const held: Held = { keys: new Map(), keysAt: never, triedAt: never, failure: undefined, fetching: undefined };
  return async (kid) => {
    if (isDue(held, kid, caller.now())) startFetch(held, caller, issuer);
    if (held.fetching && isWanted(held, kid, caller.now())) await waitFor(held.fetching);
    const key = held.keys.get(kid);
    if (key) return key;
    // With no fetch under way, the wait did not run out: the set is what the issuer has.
    if (held.failure === undefined && !held.fetching)
      throw new IdTokenError('TOKEN_INVALID', "the token is not accepted: its key is not one of the issuer's");
    const retryAfterMs = held.triedAt + (held.keys.size > 0 ? REFETCH_MS : RETRY_MS) - caller.now();
    const why = held.failure === undefined ? 'no answer in time' : messageOf(held.failure);
    const message = `the keys of ${issuer} cannot be had: ${why}`;
    throw new IdTokenError('ISSUER_UNAVAILABLE', message, {
      cause: held.failure,
      retryAfterMs: Math.max(1000, retryAfterMs),
    });
  };
}

async function waitFor(fetching: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WAIT_MS);
  });
  await Promise.race([fetching, patience]);
  clearTimeout(timer);
}

function isWanted(held: Held, kid: string, now: number): boolean {
  return !held.keys.has(kid) || now - held.keysAt >= MAX_AGE_MS;
}

function isDue(held: Held, kid: string, now: number): boolean {
  const age = now - held.triedAt;
  if (held.fetching) return age >= STUCK_MS;
  return isWanted(held, kid, now) && age >= (held.keys.size > 0 ? REFETCH_MS : RETRY_MS);
}

function startFetch(held: Held, caller: Caller, issuer: string): void {
  held.triedAt = caller.now();
  const fetching = fetchKeys(caller, issuer)
    .then((keys) => {
      held.keys = keys;
      held.keysAt = held.triedAt;
      held.failure = undefined;
    })
    .catch((cause) => {
      held.failure = cause;
    })
    .finally(() => {
      if (held.fetching === fetching) held.fetching = undefined;
    });
  held.fetching = fetching;
}

async function fetchKeys(caller: Caller, issuer: string): Promise<ReadonlyMap<string, CryptoKey>> {
  const response = await call(caller, `${issuer.replace(/\/$/, '')}/.well-known/jwks`);
  if (!response.ok) {
    await discard(response);
    throw new IdTokenError('ISSUER_UNAVAILABLE', `status ${response.status}`);
  }
  const { success, data } = jwksSchema.safeParse(await readJson(response, MAX_JWKS_BYTES));
  if (!success) throw new IdTokenError('ISSUER_UNAVAILABLE', 'the answer is no key set');
  const keys = new Map<string, CryptoKey>();
  for (const jwk of data.keys) {
    const imported = await importKey(jwk);
    if (imported) keys.set(imported.kid, imported.key);
  }
  if (keys.size === 0) throw new IdTokenError('ISSUER_UNAVAILABLE', 'the key set holds no usable key');
  return keys;
}

/** A key of another kind, or one that is broken, is passed over: it must not take the others with it. */
async function importKey(jwk: unknown): Promise<{ kid: string; key: CryptoKey } | undefined> {
  const { success, data } = keySchema.safeParse(jwk);
  if (!success) return undefined;
  const { kty, kid, n, e } = data;
  try {
    const key = await importJWK({ kty, n, e }, 'RS256');
    return key instanceof Uint8Array ? undefined : { kid, key };
  } catch {
    return undefined;
  }
}
