import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitAtMost } from '../../src/lib/patience.ts';

describe('waitAtMost', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends with the work, and leaves no timer behind', async () => {
    await waitAtMost(90_000, Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
  });
  it('ends without it where it takes longer', async () => {
    const waited = waitAtMost(90_000, new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(90_000);
    await expect(waited).resolves.toBeUndefined();
  });
  it('fails as the work does', async () => {
    await expect(waitAtMost(90_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });
});
