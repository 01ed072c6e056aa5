// Sums up test reports: node scripts/count.mjs vitest:STATUS:FILE interop:STATUS:FILE
// Prints what failed, then `N passed, N failed`; exits 1 where anything failed. A run that left no report, or that
// failed though its report has no failure (lint, types, a crash), counts as one failure.
import { readFileSync } from 'node:fs';

const readers = {
  // A file that does not load has no tests: it is one failure.
  vitest: (report) =>
    report.testResults.flatMap((file) => {
      if (file.assertionResults.length === 0 && file.status === 'failed') return [{ name: file.name, ok: false }];
      return file.assertionResults
        .filter(({ status }) => status === 'passed' || status === 'failed')
        .map(({ fullName, status }) => ({ name: fullName, ok: status === 'passed' }));
    }),
  interop: (report) => report.cases,
};

const results = process.argv.slice(2).flatMap((argument) => {
  const [, kind, status, file] = /^(\w+):(\d+):(.+)$/.exec(argument) ?? [];
  const cases = read(kind, file);
  const fails = cases.some(({ ok }) => !ok);
  if (status !== '0' && !fails) cases.push({ name: `${kind}: exit status ${status}`, ok: false });
  return cases;
});
const failed = results.filter(({ ok }) => !ok);
for (const { name } of failed) console.log(`failed: ${name}`);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

function read(kind, file) {
  try {
    const cases = readers[kind](JSON.parse(readFileSync(file, 'utf8')));
    return cases.length > 0 ? cases : [{ name: `${kind}: an empty report`, ok: false }];
  } catch (error) {
    return [{ name: `${kind}: no report (${error.code ?? error.message})`, ok: false }];
  }
}
