import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { runIndexOf } from '../runs/names.ts';

/** Hands on what this isolate has counted of its calls to registries; for `GET /v1/status`. It never fails. */
export async function reportCalls(env: Env): Promise<void> {
  const { calls } = environmentOf(env);
  const counts = calls.take();
  if (counts.length === 0) return;
  try {
    await runIndexOf(env).recordCalls(counts);
  } catch (error) {
    calls.giveBack(counts);
    console.warn(JSON.stringify({ at: 'status', problem: messageOf(error) }));
  }
}
