// The pages in a real Chromium: npm run pages -- [--report FILE]
import { parseArgs } from 'node:util';
import { Report } from '../report.ts';
import { checkPages } from './suite.ts';

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const report = new Report(values.report);
await checkPages(report);
console.log(`${report.cases.length - report.failed} of ${report.cases.length} cases hold`);
process.exitCode = report.failed > 0 ? 1 : 0;
