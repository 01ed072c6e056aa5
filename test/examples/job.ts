import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type Contexts, interpolate, isMet } from './expressions.ts';

/** The checkout, with a final slash. */
export const root = fileURLToPath(new URL('../..', import.meta.url).href);

/** The reference by which the examples use this repository's action. */
const ACTION = /^your-org\/muster@v\d+\.\d+\.\d+$/;

/** Stands before curl: one short pause, so that a test need not sit out the examples' five. */
export const QUICK_CURL = 'PATH=$(cut -d: -f2- <<<$PATH) exec curl "$@" --retry 1 --retry-delay 1';

type Values = Readonly<Record<string, unknown>>;
interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Values;
  readonly env?: Values;
  readonly shell?: string;
  readonly 'continue-on-error'?: string;
  readonly 'working-directory'?: string;
}
export interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Values;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'continue-on-error'?: string;
  readonly steps?: readonly Step[];
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** What surrounds a job: GitHub's contexts and variables, and the outputs of the steps that others wrote. */
export interface Surroundings {
  readonly contexts: Contexts;
  /** Default 4242. */
  readonly runId?: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_…`: given to a job with `id-token: write` only, as GitHub does. */
  readonly identity: Readonly<Record<string, string>>;
  /** Outputs of `uses:` steps, which are not run, by step id. */
  readonly outputs?: Readonly<Record<string, Values>>;
  /** Programs that stand before the real ones: name to script. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Files laid into `runner.temp` before the job starts. */
  readonly files?: readonly string[];
}

/** How a job ended. */
export interface Ran {
  readonly succeeded: boolean;
  /** Names of the steps that ran, those of other authors' actions included. */
  readonly steps: readonly string[];
  readonly log: string;
  readonly summary: string;
  readonly outputs: Values;
  /** What the file holds that the output `answer` names. */
  readonly answer: string;
}

export function readJob(file: string, name: string): Job {
  const { jobs } = parse(readFileSync(`${root}${file}`, 'utf8')) as { readonly jobs: Readonly<Record<string, Job>> };
  const job = jobs[name];
  if (!job) throw new Error(`${file} has no job ${name}`);
  return job;
}

/** Runs a job's own steps in bash, as a runner does; other authors' actions are passed over. */
export async function runJob(job: Job, surroundings: Surroundings): Promise<Ran> {
  const machine = new Machine(job, surroundings);
  if (!isMet(job.if, machine.contexts)) return machine.ran(true);
  for (const step of job.steps ?? []) await machine.run(step);
  return machine.ran(!machine.hasFailed);
}

class Machine {
  hasFailed = false;
  readonly #temp = mkdtempSync(`${tmpdir()}/muster-job-`);
  readonly #environment: Record<string, string>;
  readonly #surroundings: Surroundings;
  readonly #outputs: Record<string, { outputs: Values }> = {};
  readonly #steps: string[] = [];
  #log = '';

  constructor(job: Job, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    for (const [id, outputs] of Object.entries(surroundings.outputs ?? {})) this.#outputs[id] = { outputs };
    const files = ['summary', 'output'].map((name) => `${this.#temp}/${name}`);
    for (const file of files) writeFileSync(file, '');
    for (const file of surroundings.files ?? []) writeTree(`${this.#temp}/${file}`);
    mkdirSync(`${this.#temp}/bin`);
    for (const [name, script] of Object.entries(surroundings.programs ?? {}))
      writeFileSync(`${this.#temp}/bin/${name}`, `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
    const identity = job.permissions?.['id-token'] === 'write' ? surroundings.identity : {};
    this.#environment = {
      PATH: `${this.#temp}/bin:${process.env.PATH ?? ''}`,
      HOME: this.#temp,
      RUNNER_TEMP: this.#temp,
      GITHUB_RUN_ID: surroundings.runId ?? '4242',
      GITHUB_STEP_SUMMARY: `${this.#temp}/summary`,
      GITHUB_OUTPUT: `${this.#temp}/output`,
      ...identity,
    };
  }

  get contexts(): Contexts {
    return {
      env: {},
      secrets: {},
      needs: {},
      matrix: {},
      inputs: {},
      vars: {},
      ...this.#surroundings.contexts,
      ...this.#own,
    };
  }

  get #own() {
    return { steps: this.#outputs, runner: { temp: this.#temp } };
  }

  async run(step: Step): Promise<void> {
    const { contexts } = this;
    if (!isMet(step.if, contexts, this.hasFailed)) return;
    this.#steps.push(step.name ?? step.id ?? step.uses ?? '');
    const passed = await this.#execute(step, contexts);
    if (!passed && interpolate(String(step['continue-on-error'] ?? ''), contexts) !== 'true') this.hasFailed = true;
  }

  async #execute(step: Step, contexts: Contexts): Promise<boolean> {
    if (step.run !== undefined) return this.#script(step, contexts, this.#environment);
    if (!ACTION.test(step.uses ?? '')) return true;
    const { inputs, runs } = parse(readFileSync(`${root}action.yml`, 'utf8')) as Action;
    const given = step.with ?? {};
    const unknown = Object.keys(given).find((name) => !(name in inputs));
    if (unknown !== undefined) throw new Error(`action.yml has no input ${unknown}`);
    const values = Object.entries(inputs).map(([name, { default: fallback = '' }]) => {
      return [name, interpolate(String(given[name] ?? fallback), contexts)];
    });
    const inner = { ...contexts, inputs: Object.fromEntries(values) };
    const environment = { ...this.#environment, GITHUB_ACTION_PATH: root.slice(0, -1) };
    for (const own of runs.steps) if (!(await this.#script(own, inner, environment))) return false;
    return true;
  }

  async #script(step: Step, contexts: Contexts, environment: Record<string, string>): Promise<boolean> {
    const script = `${this.#temp}/script.sh`;
    writeFileSync(script, interpolate(step.run ?? '', contexts));
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, interpolate(String(value), contexts)]);
    const flags = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
    const { code, text } = await spawnProgram('bash', [...flags, script], {
      ...environment,
      ...Object.fromEntries(own),
    });
    this.#log += text;
    if (step.id) this.#outputs[step.id] = { outputs: readOutputs(`${this.#temp}/output`) };
    return code === 0;
  }

  ran(succeeded: boolean): Ran {
    const summary = readFileSync(`${this.#temp}/summary`, 'utf8');
    const outputs = readOutputs(`${this.#temp}/output`);
    const answer = typeof outputs.answer === 'string' ? readFileSync(outputs.answer, 'utf8') : '';
    rmSync(this.#temp, { recursive: true });
    return { succeeded, steps: this.#steps, log: this.#log, summary, outputs, answer };
  }
}

function readOutputs(file: string): Values {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function writeTree(file: string): void {
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  writeFileSync(file, '');
}

/** Runs a program to its end; both of its streams, in the order they came. */
export function spawnProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = root,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    child.on('error', reject).on('close', (code) => resolve({ code, text }));
  });
}
