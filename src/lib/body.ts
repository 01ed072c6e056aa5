import { HttpError } from './http-error.ts';
import { createPieceReader } from './piece-reader.ts';

/** A peer that sends nothing of a body for this long has broken off, in milliseconds. */
const BODY_IDLE_MS = 30_000;
/** The same of a body that nobody wants; one that is longer than so many bytes, or comes in more pieces, is not read on. */
const UNWANTED_IDLE_MS = 1_000;
const UNWANTED_BYTES = 64 * 1024;
const UNWANTED_PIECES = 8;

/**
 * Ends a body that nobody wants. A short one, as refusals have, is read: a connection whose body was cancelled must be
 * closed, and the next call would wait for a new one.
 */
export async function discard(response: Response): Promise<void> {
  if ((announcedSize(response) ?? 0) > UNWANTED_BYTES) return cancel(response);
  let pieces = 0;
  try {
    for await (const _ of piecesOf(response, UNWANTED_IDLE_MS)) {
      pieces += 1;
      if (pieces === UNWANTED_PIECES) return;
    }
  } catch {
    // Whatever became of it, nobody wanted it.
  }
}

async function cancel(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/**
 * The pieces of a body as they come; a consumer that leaves early ends it.
 *
 * @throws {HttpError} BODY_TRUNCATED where the peer broke off, or was silent for `idleMs` to twice that
 */
export async function* piecesOf(response: Response, idleMs = BODY_IDLE_MS): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = createPieceReader(response.body);
  let silent = false;
  let giveUp: ((cause: Error) => void) | undefined;
  const watch = setInterval(() => {
    if (silent) giveUp?.(new Error('the peer is silent'));
    silent = true;
  }, idleMs);
  let size = 0;
  try {
    for (;;) {
      silent = false;
      const piece = await new Promise<Uint8Array | undefined>((resolve, reject) => {
        giveUp = reject;
        reader.read().then(resolve, reject);
      });
      giveUp = undefined;
      if (!piece) return;
      size += piece.byteLength;
      yield piece;
    }
  } catch (cause) {
    throw new HttpError('BODY_TRUNCATED', `the body broke off after ${size} bytes`, { cause });
  } finally {
    clearInterval(watch);
    reader.cancel().catch(() => undefined);
  }
}

/**
 * Reads a body of at most `maxBytes`, whatever `Content-Length` claims.
 *
 * @throws {HttpError} BODY_TOO_LARGE; BODY_TRUNCATED where the peer broke off or sent less than it announced
 */
export async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const expected = announcedSize(response);
  if (expected !== undefined && expected > maxBytes) {
    await cancel(response);
    throw new HttpError('BODY_TOO_LARGE', `the body is ${expected} bytes, at most ${maxBytes} are read`);
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(response)) {
    size += piece.byteLength;
    if (size > maxBytes) throw new HttpError('BODY_TOO_LARGE', `the body is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  if (expected !== undefined && size !== expected) {
    throw new HttpError('BODY_TRUNCATED', `the body ended after ${size} of ${expected} bytes`);
  }
  return concat(pieces, size);
}

/** What `Content-Length` says, where it counts the bytes that are read: not those of a compressed body. */
function announcedSize({ headers }: Response): number | undefined {
  const announced = headers.get('Content-Length');
  if (announced === null || !/^\d{1,15}$/.test(announced) || headers.get('Content-Encoding') !== null) return undefined;
  return Number(announced);
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}

/** Reads a JSON body of at most `maxBytes`; what it holds is still unknown. */
export async function readJson(response: Response, maxBytes: number): Promise<unknown> {
  const text = new TextDecoder().decode(await readBody(response, maxBytes));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpError('PEER_FAILED', 'the body is not JSON', { cause });
  }
}
