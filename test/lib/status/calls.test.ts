import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../../src/lib/http.ts';
import { type CallCount, CallTally, countCalls, ratesOf, SLOT_MS } from '../../../src/lib/status/calls.ts';

const QUAY = { host: 'quay.io', origin: 'https://quay.io', realms: ['https://quay.io/v2/auth'] };
const HUB = { host: 'docker.io', origin: 'https://registry-1.docker.io', realms: ['https://auth.docker.io/token'] };
const NOON = Date.UTC(2026, 0, 1, 12);

/** Calls a peer that answers so, and says what was counted. */
async function count(url: string, answer: number | Error, headers: Record<string, string> = {}) {
  const tally = new CallTally(() => NOON);
  const fetch: Fetch = async () => {
    if (answer instanceof Error) throw answer;
    return new Response(null, { status: answer });
  };
  await countCalls(fetch, [QUAY, HUB], tally)(url, { headers }).catch(() => undefined);
  return tally.take();
}

describe('countCalls', () => {
  it.each([
    [200, 'ok'],
    [404, 'ok'],
    [429, 'busy'],
    [503, 'failed'],
    [403, 'refused'],
    [401, 'ok'],
  ] as const)('counts an answer of %i as %s', async (status, result) => {
    expect(await count('https://quay.io/v2/a/manifests/b', status)).toEqual([
      { host: 'quay.io', slot: NOON, result, calls: 1 },
    ]);
  });
  it('counts 401 to a credential as refused: it is no challenge any more', async () => {
    const counted = await count('https://quay.io/v2/', 401, { Authorization: 'Bearer x' });
    expect(counted).toMatchObject([{ result: 'refused' }]);
  });
  it('counts a registry that cannot be reached', async () => {
    expect(await count('https://quay.io/v2/', new Error('reset'))).toMatchObject([{ result: 'unreachable' }]);
  });
  it('counts a token service with its registry', async () => {
    expect(await count('https://auth.docker.io/token?service=x', 500)).toMatchObject([{ host: 'docker.io' }]);
  });
  it.each(['https://fulcio.example/api', 'https://quay.io.evil/v2/', 'http://quay.io/v2/'])(
    'does not count %s',
    async (url) => {
      expect(await count(url, 200)).toEqual([]);
    },
  );
});

describe('CallTally', () => {
  it('hands its counts on once, and not again within ten seconds', () => {
    let now = NOON;
    const tally = new CallTally(() => now);
    tally.add({ host: 'quay.io', result: 'ok' });
    tally.add({ host: 'quay.io', result: 'ok' });
    expect(tally.take()).toMatchObject([{ calls: 2 }]);
    tally.add({ host: 'quay.io', result: 'busy' });
    expect(tally.take()).toEqual([]);
    now += 10_000;
    expect(tally.take()).toMatchObject([{ result: 'busy', calls: 1 }]);
  });
  it('loses nothing that could not be handed on', () => {
    let now = NOON;
    const tally = new CallTally(() => now);
    tally.add({ host: 'quay.io', result: 'ok' });
    tally.giveBack(tally.take());
    tally.add({ host: 'quay.io', result: 'ok' });
    now += 10_000;
    expect(tally.take()).toMatchObject([{ calls: 2 }]);
  });
});

describe('ratesOf', () => {
  const at = (slot: number, result: CallCount['result'], calls: number, host = 'quay.io') => ({
    host,
    slot,
    result,
    calls,
  });
  it('says which part of a registry’s calls went wrong, and how', () => {
    const counts = [at(NOON, 'ok', 6), at(NOON, 'busy', 1), at(NOON, 'failed', 1), at(NOON, 'failed', 9, 'docker.io')];
    expect(ratesOf(counts, 'quay.io', NOON)).toEqual({ calls: 8, error_rate: 0.25, errors: { busy: 1, failed: 1 } });
  });
  it('leaves out what is older', () => {
    const counts = [at(NOON - SLOT_MS, 'failed', 5), at(NOON, 'ok', 1)];
    expect(ratesOf(counts, 'quay.io', NOON)).toEqual({ calls: 1, error_rate: 0, errors: {} });
  });
  it('knows no rate of nothing', () => {
    expect(ratesOf([], 'quay.io', NOON)).toEqual({ calls: 0, error_rate: null, errors: {} });
  });
});
