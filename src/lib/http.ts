import { discard } from './body.ts';
import { messageOf } from './error.ts';
import { HttpError } from './http-error.ts';

/** What a call is made with; its headers are a table, under the names as the specifications write them. */
export interface CallInit extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** `fetch`, passed in: only environment.ts knows the global one. */
export type Fetch = (input: string, init?: CallInit) => Promise<Response>;

/** Milliseconds since the epoch, passed in. */
export type Now = () => number;

/** Does work when it may go through. */
export type Gate = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** A gate that lets at most `limit` holders through at a time, first come first served. */
export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let held = 0;
  return async (work) => {
    if (held >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else held += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else held -= 1;
    }
  };
}

export interface RetryOptions {
  /** Tries in all, the first included. */
  readonly tries: number;
  /** Upper bound of the first pause, in milliseconds; doubled for each further one. */
  readonly backoffMs: number;
  /** No pause is longer than this, whatever `Retry-After` says. */
  readonly maxPauseMs: number;
  /** Of one try: from the call to the headers. */
  readonly timeoutMs: number;
}

export const DEFAULT_RETRY: RetryOptions = { tries: 4, backoffMs: 250, maxPauseMs: 10_000, timeoutMs: 30_000 };

/** What a caller needs to make calls that survive a bad moment of the peer. */
export interface Caller {
  readonly fetch: Fetch;
  readonly now: Now;
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number;
  readonly retry: RetryOptions;
  /** Waits until a call to a host may be sent; its time-out begins then. Absent: at once. @throws {HttpError} CALLS_SPENT */
  readonly turn?: <Value>(origin: string, send: () => Promise<Value>) => Promise<Value>;
  /** Aborts everything under way, for an overall deadline. */
  readonly signal?: AbortSignal;
}

/** Of a URL in its normal form; a `URL` for each call would cost more than what this is asked for. */
export function originOf(url: string): string {
  const end = url.indexOf('/', 'https://'.length);
  return end < 0 ? url : url.slice(0, end);
}

/** The statuses that say nothing about the request itself: 408, 425, 429 and every 5xx but 501 and 505. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * `Retry-After` in milliseconds, from seconds or an HTTP date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Calls a peer; retries time-outs, resets and transient statuses with jittered backoff.
 *
 * Every call made with it must be safe to repeat. The body is not read: a caller that reads it with
 * `readBody` and finds it cut off decides by itself.
 *
 * @throws {HttpError} PEER_TIMEOUT, PEER_UNREACHABLE; PEER_BUSY (429) and PEER_FAILED with the last status
 */
export async function call(caller: Caller, url: string, init: CallInit = {}): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(caller, url, init);
    if (outcome instanceof Response) return outcome;
    if (tries >= caller.retry.tries || caller.signal?.aborted) throw outcome;
    await pause(caller, tries, outcome.retryAfterMs);
    if (caller.signal?.aborted) throw outcome;
  }
}

/** Waits before another try, as long as the peer asked or the backoff says; a deadline ends the wait. */
export async function pause(caller: Caller, tries: number, retryAfterMs?: number): Promise<void> {
  const { retry, random, signal, sleep } = caller;
  const backoff = retry.backoffMs * 2 ** (tries - 1) * (0.5 + random() / 2);
  const slept = sleep(Math.min(retry.maxPauseMs, retryAfterMs ?? backoff));
  if (!signal) return slept;
  await new Promise<void>((resolve, reject) => {
    const stop = () => resolve();
    signal.addEventListener('abort', stop, { once: true });
    slept.then(stop, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function tryOnce(caller: Caller, url: string, init: CallInit): Promise<Response | HttpError> {
  const sent = () => send(caller, url, init);
  const response = await (caller.turn ? caller.turn(originOf(url), sent) : sent());
  if (response instanceof HttpError || !isTransient(response.status)) return response;
  const retryAfterMs = parseRetryAfter(response.headers.get('Retry-After'), caller.now());
  await discard(response);
  const code = response.status === 429 ? 'PEER_BUSY' : 'PEER_FAILED';
  return new HttpError(code, `${describe(url, init)}: status ${response.status}`, { retryAfterMs });
}

async function send(caller: Caller, url: string, init: CallInit): Promise<Response | HttpError> {
  // Ended with the headers: a large body takes longer than any answer should.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), caller.retry.timeoutMs);
  const signal = caller.signal ? AbortSignal.any([timeout.signal, caller.signal]) : timeout.signal;
  try {
    return await caller.fetch(url, { redirect: 'manual', cache: 'no-store', ...init, signal });
  } catch (cause) {
    const where = describe(url, init);
    if (signal.aborted) return new HttpError('PEER_TIMEOUT', `${where}: no answer in time`, { cause });
    return new HttpError('PEER_UNREACHABLE', `${where}: ${withoutSecrets(messageOf(cause))}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** `GET registry.example.com/v2/`: for messages, without the query, which may carry a secret. */
function describe(url: string, init: CallInit): string {
  const { host, pathname } = new URL(url);
  return `${init.method ?? 'GET'} ${host}${pathname}`;
}

/** A runtime's own words may quote the URL, with its query and user. */
function withoutSecrets(text: string): string {
  return text.slice(0, 500).replace(/(?<=\/\/)[^\s/]*@|\?\S*/g, '');
}
