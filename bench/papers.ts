import { readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from '../demo/process.ts';
import type { Result } from './part.ts';
import { drawFigures } from './picture.ts';
import { renderMarkdown } from './table.ts';

const PAPER = `${ROOT}docs/performance.md`;

/** Where and when figures were measured, for whoever reads them. */
export interface Circumstances {
  /** The command that gives them again. */
  readonly command: string;
  /** `2026-11-26` */
  readonly date: string;
  /** Processor and cores. */
  readonly machine: string;
}

/** Puts what a part gave between its marks in docs/performance.md, and its picture beside it. */
export function writePapers(results: readonly Result[], circumstances: Circumstances): void {
  let paper = readFileSync(PAPER, 'utf8');
  for (const result of results) {
    if (result.figures.length === 0) continue;
    const { name, title } = result.part;
    paper = replaceBlock(paper, name, renderBlock(result, circumstances));
    writeFileSync(`${ROOT}docs/bench-${name}.svg`, drawFigures(title, result.figures));
  }
  writeFileSync(PAPER, paper);
}

/** @throws {Error} where the marks are not there */
export function replaceBlock(paper: string, name: string, block: string): string {
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
  const [from, to] = [paper.indexOf(begin), paper.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no block for ${name}`);
  return `${paper.slice(0, from + begin.length)}\n${block}\n${paper.slice(to)}`;
}

function renderBlock({ part, figures, failure }: Result, { command, date, machine }: Circumstances): string {
  return [
    `![${part.title}](bench-${part.name}.svg)`,
    '',
    renderMarkdown(figures),
    '',
    `\`${command}\`, ${date}, ${machine}.${failure === undefined ? '' : ` Not all of it: ${failure}`}`,
  ].join('\n');
}
