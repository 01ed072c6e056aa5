import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlanned, comparePlans, type PlanComparison } from '../../../src/lib/runs/plan.ts';
import { makePlanned as planned } from './make.ts';

function compare(parts: Partial<PlanComparison>) {
  return comparePlans({ before: [], next: [], arrived: [], newer: false, ...parts });
}

describe('comparePlans', () => {
  it('adds what was not planned before', () => {
    expect(compare({ next: [planned('-a')] })).toMatchObject({ added: ['-a'], changed: [], removed: [] });
  });
  it('finds nothing in the same plan in another order', () => {
    const change = compare({ before: [planned('-a', ['amd64', 'arm64'])], next: [planned('-a', ['arm64', 'amd64'])] });
    expect(change).toEqual({ added: [], changed: [], removed: [], kept: [], conflicts: [] });
  });
  it.each([
    ['its legs', planned('-a', ['amd64', 'arm64'])],
    ['whether it is the latest', { ...planned('-a'), tag_latest: 'true' as const }],
    ['whether it may be narrower', { ...planned('-a'), narrow: true }],
  ])('finds a merge changed in %s', (_, merge) => {
    expect(compare({ before: [planned('-a')], next: [merge] }).changed).toEqual(['-a']);
  });
  it('removes what nothing has arrived of', () => {
    expect(compare({ before: [planned('-a'), planned('-b')], next: [planned('-b')] }).removed).toEqual(['-a']);
  });

  describe('when legs have arrived', () => {
    const arrived = [{ tag_suffix: '-a', arrived: ['amd64'] }];

    it('takes a plan that has them and more', () => {
      expect(compare({ next: [planned('-a', ['amd64', 'arm64'])], arrived }).conflicts).toEqual([]);
    });
    it('is in conflict with one that has other legs', () => {
      expect(compare({ next: [planned('-a', ['arm64'])], arrived }).conflicts).toEqual([
        { tag_suffix: '-a', arrived: ['amd64'], planned: ['arm64'] },
      ]);
    });
    it('is in conflict with one that leaves the merge out', () => {
      expect(compare({ before: [planned('-a')], next: [], arrived }).conflicts).toEqual([
        { tag_suffix: '-a', arrived: ['amd64'], planned: null },
      ]);
    });
    it('does not take a longer suffix for it', () => {
      expect(compare({ next: [planned('-a-b')], arrived }).conflicts).toHaveLength(1);
    });
    it('keeps what the plan of a newer attempt leaves out', () => {
      const change = compare({ before: [planned('-a')], next: [planned('-b')], arrived, newer: true });
      expect(change).toMatchObject({ added: ['-b'], removed: [], kept: ['-a'], conflicts: [] });
    });
    it('is in conflict with a newer attempt that changes legs which came', () => {
      const change = compare({ before: [planned('-a')], next: [planned('-a', ['arm64'])], arrived, newer: true });
      expect(change.conflicts).toHaveLength(1);
    });
  });

  it('puts every suffix of both plans into one list at most', () => {
    const merges = fc.uniqueArray(
      fc.record({
        suffix: fc.constantFrom('-a', '-b', '-c', '-d'),
        legs: fc.subarray(['amd64', 'arm64'], { minLength: 1 }),
      }),
      { selector: ({ suffix }) => suffix },
    );
    fc.assert(
      fc.property(merges, merges, fc.boolean(), (before, next, newer) => {
        const [old, now] = [before, next].map((list) => list.map(({ suffix, legs }) => planned(suffix, legs)));
        const { added, changed, removed, kept } = compare({ before: old ?? [], next: now ?? [], newer });
        const listed = [...added, ...changed, ...removed, ...kept];
        expect(new Set(listed).size).toBe(listed.length);
        const after = before.map(({ suffix }) => suffix).filter((suffix) => !removed.includes(suffix));
        expect(new Set([...after, ...added])).toEqual(new Set([...next.map(({ suffix }) => suffix), ...kept]));
      }),
    );
  });
});

describe('checkPlanned', () => {
  const leg = { tag_suffix: '-a', platform_tag: 'amd64' };
  const refusal = expect.objectContaining({ code: 'NOT_PLANNED' });

  it('takes anything where there is no plan', () => {
    expect(() => checkPlanned({ exists: false, required: false, merge: undefined }, leg)).not.toThrow();
  });
  it('takes nothing without a plan where one is required', () => {
    expect(() => checkPlanned({ exists: false, required: true, merge: undefined }, leg)).toThrow(refusal);
  });
  it('refuses a suffix that the plan does not have', () => {
    expect(() => checkPlanned({ exists: true, required: false, merge: undefined }, leg)).toThrow(refusal);
  });
  it('refuses a leg that the plan does not have', () => {
    const merge = planned('-a', ['arm64']);
    expect(() => checkPlanned({ exists: true, required: false, merge }, leg)).toThrow(refusal);
  });
  it('takes a leg that is planned', () => {
    expect(() => checkPlanned({ exists: true, required: true, merge: planned('-a') }, leg)).not.toThrow();
  });
});
