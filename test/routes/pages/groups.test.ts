import { describe, expect, it } from 'vitest';
import { groupByPrefix } from '../../../src/routes/pages/groups.ts';

const group = (names: string) =>
  groupByPrefix(names.split(' '), (name) => name).map(
    ({ prefix, items }) => `${prefix}: ${items.map(({ rest }) => rest).join(' ')}`,
  );

describe('groupByPrefix', () => {
  it('takes what many share as the heading', () => {
    expect(group('-cpu-a -cpu-b -cpu-c -cpu-d -gpu-x-a -gpu-x-b -gpu-x-c -gpu-x-d')).toEqual([
      '-cpu-: a b c d',
      '-gpu-x-: a b c d',
    ]);
  });
  it('leaves together what its own words tell apart', () => {
    expect(group('-cpu-a -cpu-b -cpu-c -cpu-d -cpu-e-1 -cpu-e-2')).toEqual(['-cpu-: a b c d e-1 e-2']);
  });
  it('keeps whole names where little is shared', () => {
    expect(group('-cpu-a -gpu-b')).toEqual([': -cpu-a -gpu-b']);
  });
  it('puts what is left at the end', () => {
    expect(group('-a-1 -a-2 -a-3 -a-4 -alone')).toEqual(['-a-: 1 2 3 4', ': -alone']);
  });
  it('loses and repeats nothing', () => {
    const names = ['', '-', '-a', '-a-', '-a-b', '-a-b-c', '-a-b-d', '-a-b-e', '-a-b-f', 'x', '--y'];
    const groups = groupByPrefix(names, (name) => name);
    const all = groups.flatMap(({ prefix, items }) => items.map(({ rest }) => prefix + rest));
    expect(all.sort()).toEqual([...names].sort());
  });
});
