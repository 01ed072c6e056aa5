import { type Env, environmentOf } from '../../environment.ts';
import { INTERVAL_MS } from './interval.ts';

/** Starts the audits that are due, and goes on with those whose alarm was lost. */
export async function startAudits(env: Env): Promise<object> {
  const { galleries } = environmentOf(env).services.config;
  const started = await Promise.all(
    galleries.map(async ({ name }) => [name, (await env.GALLERIES.getByName(name).start(name, INTERVAL_MS)).state]),
  );
  return Object.fromEntries(started);
}
