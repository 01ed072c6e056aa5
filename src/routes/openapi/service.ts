import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';
import type { Operation } from './operation.ts';

const count = z.int().min(0);
const counts = z.record(z.string(), count);
const time = z.iso.datetime();
const problem = lazily(() =>
  z.looseObject({ code: z.string(), detail: z.string(), permission: z.string().optional() }),
);
const cleanup = lazily(() =>
  z.looseObject({
    started_at: time,
    ended_at: time,
    tags: count,
    removed: counts,
    kept: counts,
    would_remove: counts,
    examples: z.array(z.string()),
  }),
);

const callRates = lazily(() =>
  z.looseObject({ calls: count, error_rate: z.number().min(0).max(1).nullable(), errors: counts }),
);

const statusAnswer = lazily(() =>
  z.looseObject({
    at: time,
    trust_root: z.looseObject({
      source: z.string().optional(),
      fetched_at: time.optional(),
      age_seconds: z.int().optional(),
      expires_at: time.optional(),
      expired: z.boolean().optional(),
      problem: z.string().optional(),
    }),
    tasks: z.array(z.looseObject({ name: z.string(), at: time, ms: z.number(), ok: z.boolean() })),
    serves: z.looseObject({
      projects: z.array(
        z.looseObject({
          name: z.string(),
          repository: z.string(),
          policy: z.string(),
          targets: z.array(z.string()),
        }),
      ),
      policies: z.array(z.string()),
      galleries: z.array(z.looseObject({ name: z.string(), policy: z.string() })),
    }),
    runs: z.looseObject({
      kept: count,
      open: count,
      recent: z.array(
        z.looseObject({
          project: z.string(),
          run_id: z.string(),
          ref: z.string().nullable(),
          open: z.boolean(),
          merges: counts,
          overdue: count,
          at: time,
        }),
      ),
    }),
    merges: counts,
    overdue: z.looseObject({
      count,
      merges: z.array(
        z.looseObject({
          project: z.string(),
          run_id: z.string(),
          tag_suffix: z.string(),
          missing: z.array(z.string()),
        }),
      ),
    }),
    keepalives: z.array(
      z.looseObject({
        repository: z.string(),
        ledger: count.optional(),
        orphans: count.optional(),
        running: cleanup.optional(),
        last: cleanup.optional(),
        resting_until: time.optional(),
        problem: problem.optional(),
      }),
    ),
    registries: z.array(
      z.looseObject({ host: z.string(), problems: counts, last_hour: callRates, last_day: callRates }),
    ),
  }),
);

/** What operators and monitors call. */
export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/healthz',
    area: 'Service',
    summary: 'Whether the Worker runs and its configuration can be used.',
    answers: { 200: { description: 'It does.', schema: z.looseObject({ ok: z.literal(true) }) } },
    refusals: { 500: ['CONFIG_INVALID'] },
  },
  {
    method: 'get',
    path: '/reference',
    area: 'Service',
    summary: 'This document for people.',
    answers: { 200: { description: 'A page.', types: ['text/html'] } },
  },
  {
    method: 'get',
    path: '/v1/status',
    area: 'Service',
    summary: 'The trust root, the scheduled tasks, merges by state, anchors and their cleanup, how registries answer.',
    answers: { 200: { description: 'As Muster knows it; no registry is asked.', schema: statusAnswer } },
  },
  {
    method: 'get',
    path: '/openapi.json',
    area: 'Service',
    summary: 'This document.',
    answers: {
      200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) },
      304: { description: 'It is the one named by `If-None-Match`.' },
    },
  },
];
