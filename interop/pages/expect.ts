import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../demo/caller.ts';

/** @throws {Error} with the answer, where it is a refusal */
export async function expectOk(answer: Promise<Answer>): Promise<Answer> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`not as it should be: ${status} ${JSON.stringify(body)}`);
  return { status, body };
}

/** Waits until something holds, for at most a minute. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) if (await holds()) return;
  throw new Error('it did not come to hold within a minute');
}
