import type { Env } from '../environment.ts';

/** The name of a run's Durable Object. */
export function runName(project: string, runId: string): string {
  return `${project}/${runId}`;
}

/** The name of a merge's Durable Object. */
export function mergeName(project: string, runId: string, tagSuffix: string): string {
  return `${project}/${runId}/${tagSuffix === '' ? '~' : tagSuffix}`;
}

/** The index of all runs, one object. */
export function runIndexOf(env: Env) {
  return env.RUN_INDEX.getByName('index');
}
