import type { Context } from 'hono';
import { streamText } from 'hono/streaming';
import type { MergeObject } from '../lib/merge/merge-object.ts';
import type { MergeOutcome } from '../lib/merge/outcome.ts';
import type { AppEnv } from './app-types.ts';
import { statusOfCode } from './problem.ts';
import { type Awaited, renderMerge, statusOfView } from './render.ts';

type MergeStub = Pick<DurableObjectStub<MergeObject>, 'watch' | 'view'>;

/**
 * Answers a long call as its caller asked: the final state; each step as a line, for `Accept: application/x-ndjson`;
 * or 202 at once, for `Prefer: respond-async`.
 */
export async function respond(
  c: Context<AppEnv>,
  merge: MergeStub,
  work: () => Promise<MergeOutcome>,
  awaited: Awaited,
): Promise<Response> {
  if (c.req.header('Prefer')?.includes('respond-async')) {
    c.executionCtx.waitUntil(work());
    return c.json({ state: 'accepted' }, 202);
  }
  if (!c.req.header('Accept')?.includes('application/x-ndjson')) return renderMerge(c, await work(), awaited);
  c.header('Content-Type', 'application/x-ndjson');
  return streamText(c, async (stream) => {
    const steps = await merge.watch();
    const outcome = work();
    await Promise.race([stream.pipe(steps), outcome.then(() => undefined)]);
    const last = await outcome;
    const line = last.ok
      ? { ...last.value, status: statusOfView(last.value, awaited) }
      : { code: last.code, detail: last.detail, status: statusOfCode(last.code) };
    await stream.writeln(JSON.stringify(line));
  });
}
