import { describe, expect, it } from 'vitest';
import { settleSoon, sideBySide } from '../../src/lib/side-by-side.ts';

const never = new Promise<string>(() => undefined);
const later = (value: string, ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve(value), ms));

describe('settleSoon', () => {
  it('waits for all where none is enough', async () => {
    const settled = await settleSoon([later('a', 5), Promise.reject(new Error('b'))], () => false, 0);
    expect(settled.map((one) => one?.status)).toEqual(['fulfilled', 'rejected']);
  });
  it('waits for one that hangs no longer than the grace, once another is enough', async () => {
    expect(await settleSoon([never, Promise.resolve('a')], () => true, 5)).toEqual([
      undefined,
      { status: 'fulfilled', value: 'a' },
    ]);
  });
  it('takes what ends within the grace', async () => {
    const settled = await settleSoon([later('a', 5), Promise.resolve('b'), never], () => true, 50);
    expect(settled.map((one) => one?.status)).toEqual(['fulfilled', 'fulfilled', undefined]);
  });
  it('ends at once where there is nothing', async () => {
    expect(await settleSoon([], () => true, 5)).toEqual([]);
  });
});

describe('sideBySide', () => {
  it('gives the results in the order of the items', async () => {
    expect(await sideBySide([3, 1, 2], 2, async (ms) => later(String(ms), ms))).toEqual(['3', '1', '2']);
  });
  it('works on no more than so many at a time', async () => {
    let [at, most] = [0, 0];
    await sideBySide([1, 2, 3, 4, 5], 2, async () => {
      at += 1;
      most = Math.max(most, at);
      await later('', 1);
      at -= 1;
    });
    expect(most).toBe(2);
  });
  it('begins nothing after a failure, and ends what is under way first', async () => {
    const ended: number[] = [];
    const work = sideBySide([1, 2, 3, 4], 2, async (item) => {
      if (item === 1) throw new Error('first');
      await later('', 5);
      ended.push(item);
    });
    await expect(work).rejects.toThrow('first');
    expect(ended).toEqual([2]);
  });
});
