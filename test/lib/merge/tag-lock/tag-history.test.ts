import { describe, expect, it } from 'vitest';
import { earlierDigest } from '../../../../src/lib/merge/tag-lock/tag-history.ts';
import { digestOf } from '../make.ts';

const held = (letter: string, run_id: string | null) => ({ digest: digestOf(letter), run_id, at: 0 });
const history = [held('a', null), held('b', '100'), held('c', '101'), held('d', '101')];

describe('earlierDigest', () => {
  it('is the last one that differs from what the tag holds', () => {
    expect(earlierDigest(history, digestOf('d'), {})).toBe(digestOf('c'));
  });
  it('passes over everything that the run wrote', () => {
    expect(earlierDigest(history, digestOf('d'), { movedBy: '101' })).toBe(digestOf('b'));
  });
  it('knows what somebody else wrote', () => {
    expect(earlierDigest(history.slice(0, 2), digestOf('b'), { movedBy: '100' })).toBe(digestOf('a'));
  });
  it('is the digest that was asked for', () => {
    expect(earlierDigest(history, digestOf('d'), { digest: digestOf('a') })).toBe(digestOf('a'));
  });
  it('is nothing that the tag never held', () => {
    expect(earlierDigest(history, digestOf('d'), { digest: digestOf('e') })).toBeUndefined();
  });
  it('is nothing where the tag held only this', () => {
    expect(earlierDigest([held('a', '100')], digestOf('a'), {})).toBeUndefined();
  });
});
