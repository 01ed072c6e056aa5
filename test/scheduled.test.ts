import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../src/lib/environment.ts';
import { runIndexOf } from '../src/lib/runs/names.ts';
import type { TaskResult } from '../src/lib/runs/run-index.ts';
import { runScheduled } from '../src/scheduled.ts';

const tasks = async () => (await runIndexOf(env).overview()).tasks;
const cron = '*/10 * * * *';

/** An environment whose index does not say which runs are due. */
const withoutRuns: Env = {
  ...env,
  RUN_INDEX: {
    getByName: () => ({
      dueRuns: () => Promise.reject(new Error('it is gone')),
      recordTask: (result: TaskResult) => runIndexOf(env).recordTask(result),
    }),
  } as unknown as Env['RUN_INDEX'],
};

describe('runScheduled', () => {
  beforeEach(() => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('no', { status: 404 }));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('keeps what each task did', async () => {
    await runScheduled(env, { cron });
    const runs = (await tasks()).find(({ name }) => name === 'runs');
    expect([runs?.ok, JSON.parse(runs?.result ?? '')]).toEqual([true, { runs: 0, woken: 0, failed: 0 }]);
  });
  it('runs the others where one fails, and keeps why', async () => {
    await runScheduled(withoutRuns, { cron });
    const ended = (await tasks()).map(({ name, ok, problem }) => [name, ok, problem]);
    expect(ended).toContainEqual(['runs', false, 'it is gone']);
    expect(ended).toContainEqual(['keepalives', true, undefined]);
  });
  it('throws nothing where the configuration cannot be used', async () => {
    await expect(runScheduled({ ...env, MUSTER: '{' }, { cron })).resolves.toBeUndefined();
  });
});
