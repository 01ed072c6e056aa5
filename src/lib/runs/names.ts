import type { Env } from '../environment.ts';
import type { RunKey } from './run-index.ts';

/** The name of a run's Durable Object. */
export function runName(project: string, runId: string): string {
  return `${project}/${runId}`;
}

/** The run that a Durable Object's name means. */
export function parseRunName(name: string): RunKey {
  const slash = name.lastIndexOf('/');
  return { project: name.slice(0, slash), run_id: name.slice(slash + 1) };
}

/** The name of a merge's Durable Object. */
export function mergeName(project: string, runId: string, tagSuffix: string): string {
  return `${project}/${runId}/${tagSuffix === '' ? '~' : tagSuffix}`;
}

/** The index of all runs, one object. */
export function runIndexOf(env: Env) {
  return env.RUN_INDEX.getByName('index');
}
