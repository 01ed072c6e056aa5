import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/lib/http-error.ts';
import { type InFlight, RemovalLocks } from '../../../src/lib/keepalive/removal-locks.ts';
import { fakeCaller } from '../fake-caller.ts';

function setup() {
  const kept: { inFlight: InFlight } = { inFlight: {} };
  const store = {
    load: () => kept.inFlight,
    store: (inFlight: InFlight) => {
      kept.inFlight = inFlight;
    },
  };
  const caller = fakeCaller(() => new Response());
  return { kept, caller, locks: new RemovalLocks(store), restarted: () => new RemovalLocks(store) };
}

describe('RemovalLocks', () => {
  it('lets an anchor wait for the removal of its tag', async () => {
    const { locks, caller } = setup();
    const order: string[] = [];
    let finish = () => {};
    const removed = locks.hold('a', caller, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      order.push('removed');
    });
    const anchored = locks.wait('a', caller).then(() => order.push('anchored'));
    finish();
    await Promise.all([removed, anchored]);
    expect(order).toEqual(['removed', 'anchored']);
  });
  it('lets nobody wait for the removal of another tag', async () => {
    const { locks, caller } = setup();
    void locks.hold('a', caller, () => new Promise(() => {}));
    await locks.wait('a-b', caller);
    expect(caller.pauses).toEqual([]);
  });
  it('forgets a removal that is over', async () => {
    const { kept, locks, caller } = setup();
    await locks.hold('a', caller, async () => 'deleted');
    expect(kept.inFlight).toEqual({});
  });
  it('forgets one that was refused', async () => {
    const { kept, locks, caller } = setup();
    await locks.hold('a', caller, () => Promise.reject(new Error('refused'))).catch(() => {});
    expect(kept.inFlight).toEqual({});
  });
  it('waits out one that had no answer: it may still be on its way', async () => {
    const { locks, caller } = setup();
    const lost = () => Promise.reject(new HttpError('PEER_TIMEOUT', 'no answer'));
    await locks.hold('a', caller, lost).catch(() => {});
    await locks.wait('a', caller);
    expect(caller.pauses).toEqual([2 * caller.retry.tries * caller.retry.timeoutMs]);
  });
  it('waits out one that a killed object left under way', async () => {
    const { locks, caller, restarted } = setup();
    void locks.hold('a', caller, () => new Promise(() => {}));
    await restarted().wait('a', caller);
    expect(caller.pauses).toEqual([2 * caller.retry.tries * caller.retry.timeoutMs]);
  });
  it('does not wait for one that is long over', async () => {
    const { locks, caller, restarted } = setup();
    void locks.hold('a', caller, () => new Promise(() => {}));
    caller.advance(3_600_000);
    await restarted().wait('a', caller);
    expect(caller.pauses).toEqual([]);
  });
});
