import { describe, expect, it } from 'vitest';
import { exactly, exponentOf, type Figure, ratioOf, reachesGoal, slopeOf, spreadOf } from '../../bench/figure.ts';
import { replaceBlock } from '../../bench/papers.ts';
import { drawFigures } from '../../bench/picture.ts';
import { renderJson, renderMarkdown } from '../../bench/table.ts';

const merge: Figure = {
  name: 'a <merge>',
  unit: 'ms',
  muster: spreadOf([30, 10, 20]),
  peer: { name: 'buildx & cosign', ...exactly(120) },
  goal: { of: 'ratio', atLeast: 6 },
};

describe('spreadOf', () => {
  it('takes the middle of an odd count', () => expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 }));
  it('takes the mean of the two in the middle', () => expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5));
  it('refuses to make a figure of nothing', () => expect(() => spreadOf([])).toThrow());
});

describe('ratioOf', () => {
  it('is the peer over Muster where less is better', () => expect(ratioOf(merge)).toBe(6));
  it('is Muster over the peer where more is better', () =>
    expect(ratioOf({ ...merge, moreIsBetter: true })).toBeCloseTo(1 / 6));
  it('is none without a peer', () => expect(ratioOf({ name: '', unit: '', muster: exactly(1) })).toBeUndefined());
});

describe('reachesGoal', () => {
  it('holds at the very limit', () => expect(reachesGoal(merge)).toBe(true));
  it('does not hold below it', () => expect(reachesGoal({ ...merge, muster: exactly(21) })).toBe(false));
  it('does not hold where a ratio is missing', () =>
    expect(reachesGoal({ name: '', unit: '', muster: exactly(1), goal: { of: 'ratio', atLeast: 1 } })).toBe(false));
});

describe('slopeOf', () => {
  it('is that of the line', () => expect(slopeOf([1, 2, 5].map((x) => [x, 3 * x + 7]))).toBeCloseTo(3));
});

describe('exponentOf', () => {
  it('is 1 for what is linear', () => expect(exponentOf([1, 2, 8].map((x) => [x, 5 * x]))).toBeCloseTo(1));
  it('is 2 for what is quadratic', () => expect(exponentOf([1, 2, 8].map((x) => [x, 5 * x * x]))).toBeCloseTo(2));
});

describe('renderJson', () => {
  it('gives one object a figure', () => {
    const [object] = JSON.parse(renderJson([{ part: { name: 'merge', title: '' }, figures: [merge] }]));
    expect(object).toMatchObject({ name: 'merge: a <merge>', unit: 'ms', muster: 20, peer: 120, ratio: 6 });
  });
});

describe('renderMarkdown', () => {
  it('says whether a goal is reached', () => expect(renderMarkdown([merge])).toContain('at least 6 x: yes'));
});

describe('drawFigures', () => {
  it('escapes what is text', () => {
    const svg = drawFigures('a & b', [merge]);
    expect(svg).toContain('a &lt;merge&gt;');
    expect(svg).not.toMatch(/&(?!amp;|lt;|gt;)|<merge>/);
  });
});

describe('replaceBlock', () => {
  const paper = 'before\n<!-- bench merge -->\nold\n<!-- end of bench merge -->\nafter';

  it('replaces what is between the marks, and nothing else', () => {
    expect(replaceBlock(paper, 'merge', 'new')).toBe(paper.replace('old', 'new'));
  });
  it('refuses a paper without them', () => expect(() => replaceBlock(paper, 'copy', 'new')).toThrow('no block'));
});
