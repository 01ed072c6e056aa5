/** What the cron trigger does. */
import { type Env, environmentOf } from './lib/environment.ts';
import { messageOf } from './lib/error.ts';
import { startAudits } from './lib/gallery/audit/schedule.ts';
import { startCleanups } from './lib/keepalive/schedule.ts';
import { runIndexOf } from './lib/runs/names.ts';
import type { TaskResult } from './lib/runs/run-index.ts';
import { tendRuns } from './lib/runs/schedule.ts';
import { refreshTrustRoot } from './lib/trust/refresh.ts';

interface Task {
  /** As `GET /v1/status` shows it. */
  readonly name: string;
  /** What it did, as `GET /v1/status` shows it. */
  run(env: Env): Promise<object>;
}

const TASKS: readonly Task[] = [
  { name: 'galleries', run: startAudits },
  { name: 'keepalives', run: startCleanups },
  { name: 'runs', run: tendRuns },
  { name: 'trust-root', run: refreshTrustRoot },
];

/** Runs every task; one that fails is logged, and keeps no other from running. */
export async function runScheduled(env: Env, controller: Pick<ScheduledController, 'cron'>): Promise<void> {
  await Promise.all(TASKS.map((task) => runTask(env, task, controller.cron)));
}

async function runTask(env: Env, { name, run }: Task, cron: string): Promise<void> {
  try {
    const { services, telemetry } = environmentOf(env);
    const { now } = services;
    const at = now();
    const outcome = await run(env).then(
      (result) => ({ ok: true, result: JSON.stringify(result) }),
      (error: unknown) => ({ ok: false, problem: messageOf(error) }),
    );
    const result: TaskResult = { name, at, ms: now() - at, ...outcome };
    telemetry.task({ cron, task: name, ms: result.ms, ...outcome });
    await runIndexOf(env).recordTask(result);
  } catch (error) {
    console.error(JSON.stringify({ at: 'task', task: name, ok: false, cron, problem: messageOf(error) }));
  }
}
