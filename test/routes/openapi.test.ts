import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../src/lib/merge/journal.ts';
import { mergeName, runName } from '../../src/lib/runs/names.ts';
import { app } from '../../src/routes/app.ts';
import { problemAnswer } from '../../src/routes/openapi/answers.ts';
import { buildDocument, refusalsOf } from '../../src/routes/openapi/document.ts';
import type { Operation } from '../../src/routes/openapi/operation.ts';
import { OPERATIONS } from '../../src/routes/openapi/operations.ts';
import { makeRecord } from '../lib/merge/make.ts';

/** A valid path of an operation. */
const SAMPLES: Readonly<Record<string, string>> = {
  project: 'localai',
  run_id: '4242',
  tag_suffix: '-cpu-bar',
  name: 'none',
  reference: 'v1',
  digest: `sha256:${'0'.repeat(64)}`,
};

type Case = readonly [name: string, operation: Operation];
const cases: readonly Case[] = OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation]);
const open = cases.filter(([, { role }]) => !role);

function send(operation: Operation, init: RequestInit = {}, samples = SAMPLES): Promise<Response> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => samples[name] ?? '');
  return Promise.resolve(app.request(path, { method: operation.method.toUpperCase(), ...init }, env));
}

/** What the document does not announce of an answer; undefined where it is as announced. */
async function surpriseOf(operation: Operation, response: Response): Promise<unknown> {
  const { status } = response;
  const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
  const answer = operation.answers[status];
  if (type === 'application/problem+json') {
    const { code } = problemAnswer.parse(await response.json());
    return refusalsOf(operation).get(status)?.includes(code) ? undefined : { status, code };
  }
  if (!answer) return { status };
  if (type === 'application/json') {
    return answer.schema ? answer.schema.safeParse(await response.json()).error?.issues : { status, type };
  }
  return type === '' || answer.types?.includes(type) ? undefined : { status, type };
}

describe('the table of operations', () => {
  // Middleware, and what hangs below one route that takes any method: Hono sees only that.
  const beside = ['all /*', 'all /v2/*'];
  const mounted = app.routes
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => !beside.includes(route));

  it('has every route that is mounted, and no other', () => {
    const told = cases.map(([name]) => name).filter((name) => !name.includes(' /v2/'));
    expect([...new Set(mounted)].sort()).toEqual([...told].sort());
  });
  it('has each route once', () => {
    expect(new Set(cases.map(([name]) => name)).size).toBe(cases.length);
  });
});

describe('GET /openapi.json', () => {
  const get = (headers = {}) => app.request('/openapi.json', { headers }, env);

  it('has a body for each operation that parses one', async () => {
    const { openapi, paths } = JSON.parse(await (await get()).text());
    expect(openapi).toBe('3.1.0');
    expect(paths['/v1/arrivals'].post.requestBody.content['application/json'].schema).toMatchObject({
      required: ['tag_suffix', 'digest'],
      additionalProperties: false,
      properties: { digest: { pattern: '^sha256:[0-9a-f]{64}$' } },
    });
  });
  it('has the parameters of a query as they are parsed', async () => {
    const { paths } = JSON.parse(await (await get()).text());
    const { parameters } = paths['/v1/galleries/{name}'].get;
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        schema: { type: 'string', pattern: '^\\d{1,6}$' },
      }),
    );
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'changed',
        schema: { type: 'string', enum: ['true', 'false'] },
      }),
    );
  });
  it('costs no body where the client has it', async () => {
    const etag = (await get()).headers.get('ETag') ?? '';
    const again = await get({ 'If-None-Match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
  it('refers only to what it has', () => {
    const text = JSON.stringify(buildDocument(OPERATIONS));
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
    expect([...new Set(references)]).toEqual(['components/schemas/Problem']);
  });
});

describe('every operation', () => {
  it.each(cases.filter(([, { role }]) => role))(
    '%s refuses a caller without a token as announced',
    async (_, operation) => {
      const response = await send(operation, { body: '{}' });
      expect([response.status, await surpriseOf(operation, response)]).toEqual([401, undefined]);
    },
  );
  it.each(open.filter(([, { body }]) => body))('%s refuses an unknown key as announced', async (_, operation) => {
    const response = await send(operation, { body: '{"no":1}' });
    expect([response.status, await surpriseOf(operation, response)]).toEqual([400, undefined]);
  });
  it.each(open.filter(([, { body }]) => body))('%s refuses what is no JSON as announced', async (_, operation) => {
    const response = await send(operation, { body: '{"no":"' });
    expect([response.status, await surpriseOf(operation, response)]).toEqual([400, undefined]);
  });
  it.each(open.filter(([, { body }]) => !body))(
    '%s answers as announced where nothing is there',
    async (_, operation) => {
      expect(await surpriseOf(operation, await send(operation))).toBeUndefined();
    },
  );
  it.each(open.filter(([, { path }]) => path.includes('{run_id}')))(
    '%s refuses a run that is none as announced',
    async (_, operation) => {
      const response = await send(operation, {}, { ...SAMPLES, run_id: 'x' });
      expect([response.status, await surpriseOf(operation, response)]).toEqual([400, undefined]);
    },
  );
  it.each(open.filter(([, { path }]) => path.includes('{run_id}')))(
    '%s answers as announced where a leg has arrived',
    async (_, operation) => {
      const run = `7${OPERATIONS.indexOf(operation)}`;
      const record = makeRecord();
      const subject = { ...record.subject, run_id: run };
      const merge = env.MERGES.getByName(mergeName('localai', run, record.tag_suffix));
      await runInDurableObject(merge, (_, state) => new Journal(state.storage.sql).store({ ...record, subject }));
      // The object looks for its storage when it begins.
      await evictDurableObject(merge);
      const { tag_suffix, run_attempt } = record;
      const summary = {
        tag_suffix,
        run_attempt,
        state: 'waiting',
        expected: null,
        arrived: [],
        missing: null,
        ref: 'r',
        sha: 's',
      } as const;
      await env.RUNS.getByName(runName('localai', run)).note(summary);
      const response = await send(operation, {}, { ...SAMPLES, run_id: run });
      const isStream = operation.path.endsWith('/events');
      expect([response.status, isStream || (await surpriseOf(operation, response))]).toEqual([
        200,
        isStream || undefined,
      ]);
      if (isStream) await response.body?.cancel();
    },
  );
});
