import { describe, expect, it } from 'vitest';
import { call, createGate, isTransient, parseRetryAfter } from '../../src/lib/http.ts';
import { fakeCaller } from './fake-caller.ts';

const URL_WITH_QUERY = 'https://registry.test/v2/?token=canary';

describe('parseRetryAfter', () => {
  it('reads seconds', () => expect(parseRetryAfter('7', 0)).toBe(7000));
  it('reads an HTTP date', () => expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:09 GMT', 4000)).toBe(5000));
  it('takes a date that has passed as now', () =>
    expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:09 GMT', 10_000)).toBe(0));
  it('ignores what it cannot read', () => expect(parseRetryAfter('soon', 0)).toBeUndefined());
  it('ignores a negative number', () => expect(parseRetryAfter('-1e99', 0)).toBeUndefined());
});

describe('isTransient', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('holds for %i', (status) => expect(isTransient(status)).toBe(true));
  it.each([200, 304, 400, 401, 404, 501, 505])('does not hold for %i', (status) =>
    expect(isTransient(status)).toBe(false),
  );
});

describe('call', () => {
  it('follows no redirect', async () => {
    const caller = fakeCaller(() => new Response(null, { status: 302, headers: { Location: 'https://evil.test/' } }));
    expect((await call(caller, URL_WITH_QUERY)).status).toBe(302);
    expect(caller.seen).toHaveLength(1);
  });
  it('asks the runtime for answers as they are: no redirect followed, nothing from a cache', async () => {
    const asked: (RequestInit | undefined)[] = [];
    const fetch = async (_: string, init?: RequestInit) => {
      asked.push(init);
      return new Response();
    };
    await call({ ...fakeCaller(() => new Response()), fetch }, URL_WITH_QUERY);
    expect(asked).toMatchObject([{ redirect: 'manual', cache: 'no-store' }]);
  });

  describe('when the peer fails and then recovers', () => {
    const flaky = (bad: () => Response) =>
      fakeCaller((_, count) => (count === 0 ? bad() : new Response('good', { status: 200 })));

    it.each([
      ['a reset', () => Promise.reject(new Error('reset'))],
      ['429', () => new Response(null, { status: 429 })],
      ['500', () => new Response(null, { status: 500 })],
      ['502 with HTML', () => new Response('<html>', { status: 502 })],
    ])('survives %s', async (_, bad) => {
      const caller = flaky(bad as () => Response);
      expect(await (await call(caller, URL_WITH_QUERY)).text()).toBe('good');
      expect(caller.seen).toHaveLength(2);
    });
    it('waits as long as the peer asks', async () => {
      const caller = flaky(() => new Response(null, { status: 503, headers: { 'Retry-After': '3' } }));
      await call(caller, URL_WITH_QUERY);
      expect(caller.pauses).toEqual([3000]);
    });
    it('waits no longer than its limit', async () => {
      const caller = flaky(() => new Response(null, { status: 503, headers: { 'Retry-After': '99999' } }));
      await call(caller, URL_WITH_QUERY);
      expect(caller.pauses).toEqual([10_000]);
    });
  });

  describe('when the peer stays bad', () => {
    it('doubles its pauses', async () => {
      const caller = fakeCaller(() => new Response(null, { status: 500 }), { tries: 4 });
      await call(caller, URL_WITH_QUERY).catch(() => undefined);
      expect(caller.pauses).toEqual([100, 200, 400]);
    });
    it('halves a pause by chance', async () => {
      const caller = { ...fakeCaller(() => new Response(null, { status: 500 }), { tries: 2 }), random: () => 0 };
      await call(caller, URL_WITH_QUERY).catch(() => undefined);
      expect(caller.pauses).toEqual([50]);
    });
    it('says how long the peer wants to be left alone', async () => {
      const caller = fakeCaller(() => new Response(null, { status: 429, headers: { 'Retry-After': '60' } }));
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_BUSY', retryAfterMs: 60_000 });
    });
    it('gives up after its tries', async () => {
      const caller = fakeCaller(() => new Response(null, { status: 500 }));
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_FAILED' });
      expect(caller.seen).toHaveLength(3);
    });
    it('says that the peer cannot be reached', async () => {
      const caller = fakeCaller(() => Promise.reject(new Error('connection refused')));
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    });
  });

  describe('when no answer comes', () => {
    const silent = (init: RequestInit | undefined) =>
      new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });

    it('gives up after the time-out of a try', async () => {
      const caller = {
        ...fakeCaller(() => new Response(), { tries: 1, timeoutMs: 5 }),
        fetch: (_: string, init?: RequestInit) => silent(init),
      };
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_TIMEOUT' });
    });
    it('gives up at the deadline, without another try', async () => {
      let tries = 0;
      const caller = {
        ...fakeCaller(() => new Response()),
        signal: AbortSignal.timeout(5),
        fetch: (_: string, init?: RequestInit) => {
          tries += 1;
          return silent(init);
        },
      };
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_TIMEOUT' });
      expect(tries).toBe(1);
    });
    it('ends its pause at the deadline', async () => {
      const caller = {
        ...fakeCaller(() => new Response(null, { status: 500 })),
        signal: AbortSignal.timeout(5),
        sleep: () => new Promise<void>(() => undefined),
      };
      await expect(call(caller, URL_WITH_QUERY)).rejects.toMatchObject({ code: 'PEER_FAILED' });
    });
  });

  it('lets a body take longer than the headers may', async () => {
    let aborted = false;
    const base = fakeCaller(() => new Response());
    const caller = {
      ...base,
      retry: { ...base.retry, timeoutMs: 5 },
      fetch: async (_: string, init?: RequestInit) => {
        init?.signal?.addEventListener('abort', () => {
          aborted = true;
        });
        return new Response('slow');
      },
    };
    const response = await call(caller, URL_WITH_QUERY);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([await response.text(), aborted]).toEqual(['slow', false]);
  });

  describe('when it tells what happened', () => {
    it('leaves out the query', async () => {
      const caller = fakeCaller(() => new Response(null, { status: 500 }));
      await expect(call(caller, URL_WITH_QUERY)).rejects.toThrow(/^GET registry\.test\/v2\/: status 500$/);
    });
    it("leaves out secrets that the runtime's own words quote", async () => {
      const caller = fakeCaller(() => Promise.reject(new Error('bad URL https://user:canary@a.test/?q=canary')));
      await expect(call(caller, URL_WITH_QUERY)).rejects.not.toThrow(/canary/);
    });
  });
});

describe('createGate', () => {
  it('lets no more than its limit through at a time', async () => {
    const gate = createGate(2);
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 7 }, () => gate(work)));
    expect(most).toBe(2);
  });
  it('lets the next one in after a failure', async () => {
    const gate = createGate(1);
    await gate(() => Promise.reject(new Error('bad'))).catch(() => undefined);
    expect(await gate(async () => 'in')).toBe('in');
  });
});
