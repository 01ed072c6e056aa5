import { type Figure, type Goal, ratioOf, reachesGoal, type Spread } from './figure.ts';
import type { Result } from './part.ts';

const HEAD = ['', 'unit', 'Muster', 'beside', 'ratio', 'goal'] as const;

/** The figures as a table for a terminal. */
export function renderTable({ part, figures, failure }: Result): string {
  const rows = [HEAD, ...figures.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`${part.name}: ${part.title}`, ...lines, ...(failure === undefined ? [] : [`FAILED: ${failure}`])].join('\n');
}

/** The figures as a table of Markdown. */
export function renderMarkdown(figures: readonly Figure[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map((_, at) => (at < 2 ? '---' : '---:'))), ...figures.map(cellsOf).map(line)].join(
    '\n',
  );
}

/** One object a figure; numbers are medians, with the least and the most beside them. */
export function renderJson(results: readonly Result[]): string {
  const objects = results.flatMap(({ part, figures }) =>
    figures.map((figure) => {
      const { unit, muster, peer, goal } = figure;
      const ratio = ratioOf(figure);
      return {
        part: part.name,
        name: `${part.name}: ${figure.name}`,
        unit,
        muster: muster.median,
        muster_range: [muster.min, muster.max],
        peer: peer?.median ?? null,
        ...(peer ? { peer_name: peer.name, peer_range: [peer.min, peer.max] } : {}),
        ratio: ratio ?? null,
        ...(goal ? { goal, reached: reachesGoal(figure) } : {}),
      };
    }),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

function cellsOf(figure: Figure): readonly string[] {
  const { name, unit, muster, peer } = figure;
  const ratio = ratioOf(figure);
  const beside = peer ? `${renderSpread(peer)} (${peer.name})` : '';
  return [
    name,
    unit,
    renderSpread(muster),
    beside,
    ratio === undefined ? '' : `${renderNumber(ratio)} x`,
    renderGoal(figure),
  ];
}

/** `1.2 (1.1 to 1.4)`; a figure that did not vary is one number. */
function renderSpread({ min, median, max }: Spread): string {
  const middle = renderNumber(median);
  return min === max ? middle : `${middle} (${renderNumber(min)} to ${renderNumber(max)})`;
}

function renderGoal(figure: Figure): string {
  const reached = reachesGoal(figure);
  if (!figure.goal || reached === undefined) return '';
  return `${describeGoal(figure.goal)}: ${reached ? 'yes' : 'NO'}`;
}

function describeGoal({ of, atLeast, atMost }: Goal): string {
  const suffix = of === 'ratio' ? ' x' : '';
  if (atLeast !== undefined) return `at least ${renderNumber(atLeast)}${suffix}`;
  return `at most ${renderNumber(atMost ?? Number.NaN)}${suffix}`;
}

/** Three significant digits, and no more than anybody reads. */
export function renderNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toString();
  return value.toFixed(size >= 10 ? 1 : 2);
}
