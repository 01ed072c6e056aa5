import { describe, expect, it } from 'vitest';
import { createTurn, type Stretch, withinGate, withinLimits } from '../../src/lib/calls.ts';
import { call } from '../../src/lib/http.ts';
import { fakeCaller } from './fake-caller.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** A caller whose peer answers with these statuses, then with 200. */
function setup(...statuses: readonly number[]) {
  const fake = fakeCaller((_, at) => new Response(null, { status: statuses[at] ?? 200 }));
  const caller = { ...fake, turn: createTurn(fake.now) };
  const get = () => call(caller, 'https://a.test/');
  return { get, seen: fake.seen, now: fake.now, advance: fake.advance };
}

describe('withinLimits', () => {
  it('refuses what is more, and sends nothing', async () => {
    const { get, seen } = setup();
    const work = withinLimits({ calls: 2, until: NEVER }, async () => {
      for (let at = 0; at < 3; at += 1) await get();
    });
    await expect(work).rejects.toMatchObject({ code: 'CALLS_SPENT' });
    expect(seen).toHaveLength(2);
  });
  it('counts each retry', async () => {
    const { get, seen } = setup(500, 500, 500);
    await expect(withinLimits({ calls: 2, until: NEVER }, get)).rejects.toMatchObject({ code: 'CALLS_SPENT' });
    expect(seen).toHaveLength(2);
  });
  it('says so only where a call was refused', async () => {
    const { get } = setup();
    const spent: boolean[] = [];
    const work = async (stretch: Stretch) => {
      await get();
      spent.push(stretch.isSpent);
      await get().catch(() => undefined);
      spent.push(stretch.isSpent);
    };
    await withinLimits({ calls: 1, until: NEVER }, work);
    expect(spent).toEqual([false, true]);
  });
  it('lets no call begin after its time', async () => {
    const { get, seen, now, advance } = setup();
    const work = withinLimits({ calls: NEVER, until: now() + 1000 }, async () => {
      await get();
      advance(1000);
      await get();
    });
    await expect(work).rejects.toMatchObject({ code: 'CALLS_SPENT' });
    expect(seen).toHaveLength(1);
  });
  it('begins anew with each stretch, and counts nothing outside of one', async () => {
    const { get, seen } = setup();
    await withinLimits({ calls: 1, until: NEVER }, get);
    await withinLimits({ calls: 1, until: NEVER }, get);
    await get();
    expect(seen).toHaveLength(3);
  });
  it('counts what is left running', async () => {
    const { get, seen } = setup();
    let later: Promise<unknown> = Promise.resolve();
    await withinLimits({ calls: 1, until: NEVER }, async () => {
      await get();
      later = new Promise((resolve) => setTimeout(resolve)).then(get);
    });
    await expect(later).rejects.toMatchObject({ code: 'CALLS_SPENT' });
    expect(seen).toHaveLength(1);
  });
});

describe('createTurn', () => {
  /** Twenty calls, to so many hosts; the most that waited for their headers at a time. */
  const mostOf = async (around: (work: () => Promise<void>) => Promise<void>, hosts = 20) => {
    let [waiting, most] = [0, 0];
    const turn = createTurn(Date.now);
    const send = async () => {
      waiting += 1;
      most = Math.max(most, waiting);
      await new Promise((resolve) => setTimeout(resolve, 1));
      waiting -= 1;
    };
    const work = async () =>
      void (await Promise.all(Array.from({ length: 20 }, (_, at) => turn(`${at % hosts}.test`, send))));
    await around(work);
    return most;
  };
  const within = (work: () => Promise<void>) => withinLimits({ calls: NEVER, until: NEVER }, work);
  it('keeps at most six calls of an invocation waiting for their headers', async () => {
    expect(await mostOf(within)).toBe(6);
    expect(await mostOf(withinGate)).toBe(6);
  });
  it('counts those of a stretch within another with that one’s', async () => {
    expect(await mostOf((work) => withinGate(async () => void (await Promise.all([work(), within(work)]))))).toBe(6);
  });
  it('keeps at most four of these waiting for one host, which may hang', async () => {
    expect([await mostOf(within, 1), await mostOf(within, 2)]).toEqual([4, 6]);
  });
  it('lets each begin at once where nobody asked for limits', async () => {
    expect(await mostOf((work) => work())).toBe(20);
  });
  it('never makes one invocation wait for another', async () => {
    const turn = createTurn(Date.now);
    const stuck = () => turn('a.test', () => new Promise(() => undefined));
    withinGate(() => Promise.all(Array.from({ length: 9 }, stuck)));
    const answer = await withinGate(() => turn('a.test', async () => 'sent'));
    expect(answer).toBe('sent');
  });
});
