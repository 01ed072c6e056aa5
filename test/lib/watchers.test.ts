import { describe, expect, it, vi } from 'vitest';
import { Watchers } from '../../src/lib/watchers.ts';

const read = async (stream: ReadableStream<Uint8Array>) => {
  const reader = stream.getReader();
  const { done, value } = await reader.read();
  reader.releaseLock();
  return done ? undefined : new TextDecoder().decode(value);
};

describe('Watchers', () => {
  it('tells each what was before, then what happens', async () => {
    const watchers = new Watchers();
    const stream = watchers.open([{ a: 1 }, { a: 2 }]);
    watchers.tell({ a: 3 });
    expect([await read(stream), await read(stream)]).toEqual(['{"a":1}\n{"a":2}\n', '{"a":3}\n']);
  });
  it('forgets one that has gone away', async () => {
    const watchers = new Watchers();
    await watchers.open().cancel();
    watchers.tell({});
    await vi.waitFor(() => expect(watchers.count).toBe(0));
  });
  it('ends the one that watches longest for the hundred and first', async () => {
    const watchers = new Watchers();
    const [first, second] = Array.from({ length: 101 }, () => watchers.open());
    watchers.tell({ a: 1 });
    expect(watchers.count).toBe(100);
    expect(first && (await read(first))).toBeUndefined();
    expect(second && (await read(second))).toBe('{"a":1}\n');
    watchers.close();
  });
  it('ends for everybody', async () => {
    const watchers = new Watchers();
    const stream = watchers.open();
    watchers.close();
    expect([await read(stream), watchers.count]).toEqual([undefined, 0]);
  });
});
