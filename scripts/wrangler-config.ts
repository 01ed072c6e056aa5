import { parse, TomlError } from 'smol-toml';
import { type Config, parseConfig } from '../src/lib/config.ts';
import { CodedError } from '../src/lib/error.ts';
import { adviseOn } from './config-advice.ts';

/** What is wrong (`error`: the Worker would not start, or not deploy), or worth knowing. */
export interface Finding {
  readonly level: 'error' | 'warning';
  readonly text: string;
}

/** "5 KB", read as the smaller of its two meanings. @see https://developers.cloudflare.com/workers/platform/limits/#environment-variables */
const MAX_VARIABLE_BYTES = 5000;

/** Secrets: in `[vars]` they would be in the repository, and readable in the dashboard. */
const SECRETS = ['REGISTRY_AUTH', 'QUAY_TOKEN'];

type Table = Readonly<Record<string, unknown>>;

/**
 * Checks the variables of a wrangler.toml, at its top and in each of its environments, as the Worker would at its
 * first request, and as Cloudflare would at the deploy.
 */
export function checkWranglerConfig(toml: string): readonly Finding[] {
  let document: Table;
  try {
    document = parse(toml);
  } catch (problem) {
    if (!(problem instanceof TomlError)) throw problem;
    return [error(`line ${problem.line}: ${problem.message.split('\n')[0]}`)];
  }
  const environments = Object.entries(tableOf(document.env)).filter(([, table]) => 'vars' in tableOf(table));
  const findings = environments.flatMap(([name, table]) =>
    checkVariables(tableOf(tableOf(table).vars)).map(({ level, text }) => ({ level, text: `env.${name}: ${text}` })),
  );
  // Wrangler's environments inherit no variables: a file may have them in its environments only.
  if (!('vars' in document) && environments.length > 0) return findings;
  return [...checkVariables(tableOf(document.vars)), ...findings];
}

function checkVariables(variables: Table): Finding[] {
  const sizes = Object.entries(variables).flatMap(([name, value]) => checkSize(name, value));
  const secrets = SECRETS.filter((name) => name in variables).map((name) =>
    error(`${name}: is a secret; keep it out of [vars] (wrangler secret put ${name})`),
  );
  const parsed = parseVariables(variables);
  const rest = Array.isArray(parsed) ? parsed : adviseOn(parsed).map((text): Finding => ({ level: 'warning', text }));
  return [...sizes, ...secrets, ...rest];
}

function checkSize(name: string, value: unknown): Finding[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_VARIABLE_BYTES) return [];
  return [
    error(
      `${name}: has ${bytes} bytes; a deployed variable holds at most ${MAX_VARIABLE_BYTES}. Move a top-level key into a variable of its own, MUSTER_<KEY>`,
    ),
  ];
}

/** The configuration, or what is wrong with it. */
function parseVariables(variables: Table): Config | Finding[] {
  try {
    return parseConfig(variables);
  } catch (problem) {
    if (!(problem instanceof CodedError)) throw problem;
    // Every problem begins with the variable's name, so a semicolon within one does not split it.
    return problem.message.split(/; (?=MUSTER)/).map(error);
  }
}

function error(text: string): Finding {
  return { level: 'error', text };
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}
