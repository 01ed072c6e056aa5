import type { Caller, Fetch, RetryOptions } from '../../src/lib/http.ts';

/** One request as the peer saw it. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** What a peer answers to its n-th call, counted from 0; a thrown error is a reset. */
export type Answer = (request: Seen, call: number) => Response | Promise<Response>;

export interface FakeCaller extends Caller {
  /** Every request that was sent, in order. */
  readonly seen: Seen[];
  /** `GET /v2/`, in order. */
  readonly calls: () => string[];
  /** How long each pause was, in milliseconds; nobody really waits. */
  readonly pauses: number[];
  /** Moves the clock on. */
  readonly advance: (ms: number) => void;
}

/** A caller whose peer is a function, and whose clock goes on only by its pauses. */
export function fakeCaller(answer: Answer, retry: Partial<RetryOptions> = {}): FakeCaller {
  let time = Date.UTC(2026, 10, 1);
  const seen: Seen[] = [];
  const pauses: number[] = [];
  const fetch: Fetch = async (input, init) => {
    const { signal, ...rest } = init ?? {};
    signal?.throwIfAborted();
    const request = new Request(input, rest);
    const url = new URL(input);
    const bytes = new Uint8Array(await request.arrayBuffer());
    const { method, headers } = request;
    seen.push({ method, path: url.pathname + url.search, url, headers, bytes });
    return answer(seen[seen.length - 1] as Seen, seen.length - 1);
  };
  return {
    fetch,
    now: () => time,
    sleep: async (ms) => {
      pauses.push(ms);
      time += ms;
    },
    random: () => 1,
    retry: { tries: 3, backoffMs: 100, maxPauseMs: 10_000, timeoutMs: 1000, ...retry },
    seen,
    calls: () => seen.map(({ method, path }) => `${method} ${path}`),
    pauses,
    advance: (ms) => {
      time += ms;
    },
  };
}

/** A body that arrives in these pieces, and then ends, breaks off or stays silent. */
export function bodyOf(
  pieces: readonly (string | Uint8Array)[],
  end: 'end' | 'break' | 'silence' = 'end',
): ReadableStream<Uint8Array> {
  const rest = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  return new ReadableStream({
    pull: (controller) => {
      const piece = rest.shift();
      if (piece) controller.enqueue(piece);
      else if (end === 'end') controller.close();
      else if (end === 'break') controller.error(new Error('reset'));
      else return new Promise(() => undefined);
      return undefined;
    },
  });
}
