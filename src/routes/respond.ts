import type { Context } from 'hono';
import { stream as streamAnswer } from 'hono/streaming';
import type { StreamingApi } from 'hono/utils/stream';
import type { MergeObject } from '../lib/merge/merge-object.ts';
import type { MergeOutcome } from '../lib/merge/state.ts';
import type { AppEnv } from './app-types.ts';
import { statusOfCode } from './problem.ts';
import { type Awaited, renderMerge, statusOfView } from './render.ts';

/** After the outcome, in milliseconds: for steps that are still on their way. A merge that rests closes them before. */
const DRAIN_MS = 500;

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
  return streamAnswer(c, async (stream) => {
    const steps = await merge.watch();
    const outcome = work();
    const { sleep } = c.get('environment').services.caller;
    const over = outcome.then(({ ok }) => (ok ? sleep(DRAIN_MS) : undefined));
    await relay(stream, steps, over);
    const last = await outcome;
    const line = last.ok
      ? { ...last.value, status: statusOfView(last.value, awaited) }
      : { code: last.code, detail: last.detail, status: statusOfCode(last.code) };
    await stream.writeln(JSON.stringify(line));
  });
}

/** Passes the steps on until they end, or it is over: a refused report begins none. */
async function relay(stream: StreamingApi, steps: ReadableStream<Uint8Array>, over: Promise<void>): Promise<void> {
  const reader = steps.getReader();
  for (;;) {
    const next = await Promise.race([reader.read(), over]);
    if (!next || next.done) return void reader.cancel();
    await stream.write(next.value);
  }
}
