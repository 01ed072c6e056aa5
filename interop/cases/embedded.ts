import { runProgram } from '../../demo/process.ts';
import type { Report } from '../report.ts';

/** What needs no peers, but is too long for every `npm test`: a whole release, and generated requests to each route. */
export async function checkEmbedded(report: Report): Promise<void> {
  await report.check('a whole release of LocalAI: 386 merges of 457 legs end published', async () => {
    return lastLines(await runProgram(process.execPath, ['scripts/replay.ts']), 2);
  });
  await report.check('generated requests get no 5xx, and answers as /openapi.json has them', async () => {
    if (!(await hasPython())) return 'skipped: there is no python3 to install schemathesis with';
    const output = await runProgram(process.execPath, ['scripts/api-check.ts', '60']);
    return /\d+ generated, .*/.exec(output)?.[0] ?? '';
  });
}

async function hasPython(): Promise<boolean> {
  return runProgram('python3', ['-m', 'venv', '--help']).then(
    () => true,
    () => false,
  );
}

function lastLines(output: string, count: number): string {
  return output.trim().split('\n').slice(-count).join('; ');
}
