import { z } from 'zod';
import type { Operation } from './operation.ts';

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
    path: '/openapi.json',
    area: 'Service',
    summary: 'This document.',
    answers: {
      200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) },
      304: { description: 'It is the one named by `If-None-Match`.' },
    },
  },
];
