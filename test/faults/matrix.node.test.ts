import { beforeAll, describe, expect, it } from 'vitest';
import { CALL_TYPES } from './call-types.ts';
import { type Cell, faultsOf, renderMatrix, runMatrix } from './matrix.ts';

/** Each keeps a Worker and its services busy. */
const WORLDS = 3;

let cells: Cell[];
let violations: string[];
beforeAll(async () => {
  const [second, first] = await Promise.all([runMatrix(2, WORLDS), runMatrix(1, 1)]);
  cells = [...second.cells, ...first.cells];
  violations = [...second.violations, ...first.violations];
  console.log(`what a merge comes to, by the call that fails and how\n${renderMatrix(cells)}\n${cells.length} cells`);
}, 900_000);

/** Every call of a merge against every class of fault: it ends as if nothing had been. */
describe('a merge whose call fails', () => {
  it.each(CALL_TYPES)('ends as if it had not: $name', (type) => {
    const own = cells.filter((cell) => cell.type === type);
    expect(own).toHaveLength(faultsOf(type).length);
    expect(own.flatMap(({ fault, problems }) => problems.map((problem) => `${fault.name}: ${problem}`))).toEqual([]);
  });
  it('keeps every invariant at every write', () => {
    expect(violations).toEqual([]);
  });
});
