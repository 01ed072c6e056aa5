// Checks configurations before a deploy: npm run config:check [-- FILE...]      (default: wrangler.toml)
// Prints each error with its key and what is allowed there, and each warning; exits 1 where there is an error.
import { readFileSync } from 'node:fs';
import { parseSigstoreSettings } from '../src/lib/config.ts';
import { messageOf } from '../src/lib/error.ts';
import { checkWranglerConfig, type Finding } from './wrangler-config.ts';

const files = process.argv.slice(2);
for (const file of files.length > 0 ? files : ['wrangler.toml']) {
  const findings = check(file);
  for (const { level, text } of findings) console.log(`${file}: ${level}: ${text}`);
  const errors = findings.filter(({ level }) => level === 'error').length;
  console.log(`${file}: ${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`);
  if (errors > 0) process.exitCode = 1;
}

const builtIn = problemOfBuiltIn('sigstore.json');
if (builtIn !== undefined) {
  console.log(`sigstore.json: error: ${builtIn}`);
  process.exitCode = 1;
}

/** The file that is built in for documents too large for a variable. */
function problemOfBuiltIn(file: string): string | undefined {
  try {
    parseSigstoreSettings('sigstore', JSON.parse(readFileSync(file, 'utf8')));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function check(file: string): readonly Finding[] {
  let toml: string;
  try {
    toml = readFileSync(file, 'utf8');
  } catch (error) {
    return [{ level: 'error', text: messageOf(error) }];
  }
  return checkWranglerConfig(toml);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
