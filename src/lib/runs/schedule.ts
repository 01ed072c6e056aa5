import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { createGate } from '../http.ts';
import { runIndexOf, runName } from './names.ts';

/** Runs that are looked at side by side. */
const RUNS_AT_ONCE = 16;
const DAY_MS = 86_400_000;

/** The cron's share: wakes merges that have stopped, notices those that became overdue, and ends runs whose time is over. */
export async function tendRuns(env: Env): Promise<{ runs: number; woken: number; failed: number }> {
  const { config, now } = environmentOf(env).services;
  // A day of grace: a run ends by itself, by its own alarm.
  const keptSince = now() - (config.retention_days + 1) * DAY_MS;
  const runs = await runIndexOf(env).dueRuns(now(), keptSince);
  const gate = createGate(RUNS_AT_ONCE);
  let woken = 0;
  let failed = 0;
  await Promise.all(
    runs.map(({ project, run_id }) =>
      gate(async () => {
        try {
          woken += (await env.RUNS.getByName(runName(project, run_id)).tend()).woken;
        } catch (error) {
          failed += 1;
          console.error(JSON.stringify({ at: 'run', project, run: run_id, problem: messageOf(error) }));
        }
      }),
    ),
  );
  return { runs: runs.length, woken, failed };
}
