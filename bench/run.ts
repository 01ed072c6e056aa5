// What Muster costs, beside what a user would run instead; each figure a ratio within one run.
// npm run bench -- [part...] [--repeats N] [--quick] [--json FILE] [--write-docs]
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/lib/error.ts';
import { reachesGoal } from './figure.ts';
import { writePapers } from './papers.ts';
import type { BenchOptions, Part, Result } from './part.ts';
import { PARTS } from './parts.ts';
import { renderJson, renderTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const options: BenchOptions = {
  quick: values.quick,
  repeats: Number(values.repeats ?? (values.quick ? 1 : 3)),
  say: (line) => console.log(`  ${line}`),
};
if (!Number.isInteger(options.repeats) || options.repeats < 1) throw new Error('--repeats is a number above 0');
const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0)
  throw new Error(`no part ${unknown.join(', ')}; there are ${PARTS.map(({ name }) => name).join(', ')}`);
const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const results: Result[] = [];
for (const part of chosen) {
  console.log(`\n${part.name} ...`);
  const result = await measure(part);
  results.push(result);
  console.log(`\n${renderTable(result)}`);
  if (values.json !== undefined) writeFileSync(values.json, renderJson(results));
}
if (values['write-docs']) writePapers(results, describeCircumstances());
const goals = results.flatMap(({ figures }) => figures.flatMap((figure) => reachesGoal(figure) ?? []));
console.log(`\n${goals.filter((reached) => reached).length} of ${goals.length} goals reached`);
const failed = results.filter(({ failure }) => failure !== undefined);
for (const { part, failure } of failed) console.log(`${part.name} failed: ${failure}`);
// Whatever a part left open must not keep the process alive.
process.exit(failed.length > 0 ? 1 : 0);

async function measure(part: Part): Promise<Result> {
  try {
    return { part, figures: await part.run(options) };
  } catch (error) {
    if (error instanceof Error) console.error(error.stack);
    return { part, figures: [], failure: messageOf(error) };
  }
}

function describeCircumstances() {
  const words = process.argv.slice(2).filter((word) => word !== '--write-docs');
  const [processor] = cpus();
  return {
    command: ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' '),
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${processor?.model.trim() || 'unknown'})`,
  };
}
