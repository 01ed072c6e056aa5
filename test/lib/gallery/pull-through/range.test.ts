import { describe, expect, it } from 'vitest';
import { parseRange } from '../../../../src/lib/gallery/pull-through/range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-4', { from: 0, to: 5 }],
    ['bytes=2-', { from: 2, to: 10 }],
    ['bytes=-3', { from: 7, to: 10 }],
    ['bytes=-30', { from: 0, to: 10 }],
    ['bytes=8-99', { from: 8, to: 10 }],
    ['Bytes = 0 - 0', { from: 0, to: 1 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=3-2', undefined],
    ['bytes=0-1,4-5', undefined],
    ['items=0-1', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    [undefined, undefined],
  ])('reads %s', (header, window) => {
    expect(parseRange(header, 10)).toEqual(window);
  });

  it('finds no range in an empty blob', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBeUndefined();
  });
});
