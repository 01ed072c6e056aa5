import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';
import { rollbackSchema } from '../rollback.ts';
import { signaturesSchema } from '../signatures.ts';
import { previewSchema } from '../tags.ts';
import { runAnswer } from './answers.ts';
import type { Operation } from './operation.ts';

const signaturesAnswer = lazily(() =>
  z.looseObject({
    project: z.string(),
    code: z.literal('SIGNATURES_INCOMPLETE').optional(),
    results: z.array(
      z.looseObject({
        ref: z.string(),
        state: z.enum(['signed', 'failed']),
        code: z.string().optional(),
        detail: z.string().optional(),
        subjects: z.array(z.string()),
        log_index: z.string().optional(),
      }),
    ),
  }),
);

/** What a project's maintenance workflow calls, and who writes a configuration. */
export const MAINTENANCE_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/tags/rollback',
    area: 'Maintenance',
    summary: 'Puts a tag, or every tag that a run moved, back to what it held before, if that passes today’s policy.',
    role: 'maintain',
    body: rollbackSchema,
    answers: {
      200: {
        description: 'What was done, tag by tag.',
        schema: z.looseObject({ project: z.string(), tags: z.array(z.looseObject({})) }),
      },
    },
    refusals: { 404: ['RUN_UNKNOWN'], 422: ['NOT_A_TARGET', 'TAG_INVALID'] },
  },
  {
    method: 'post',
    path: '/v1/runs/{project}/{run_id}/cancel',
    area: 'Maintenance',
    summary: 'Stops the unfinished merges of a run before their next tag; a newer attempt takes them up again.',
    role: 'maintain',
    answers: { 200: { description: 'The run as it is now.', schema: runAnswer } },
    refusals: { 400: ['PATH_INVALID'], 404: ['RUN_UNKNOWN'] },
  },
  {
    method: 'post',
    path: '/v1/signatures',
    area: 'Maintenance',
    summary: 'Signs images that are published already, by digest, under one certificate.',
    role: 'maintain',
    lends: true,
    body: signaturesSchema,
    answers: {
      200: {
        description:
          'Each is signed and verified. `SHADOWED`: a client that reads only the first bundle finds another one before ours.',
        schema: signaturesAnswer,
      },
      422: { description: 'Some are not: `results` says which, and why.', schema: signaturesAnswer },
    },
    refusals: { 409: ['NEEDS_TOKEN'], 422: ['NO_TARGET'] },
  },
  {
    method: 'post',
    path: '/v1/tags/preview',
    area: 'Maintenance',
    summary: 'The tags, labels and annotations that rules give for a run that is described; reads and writes nothing.',
    body: previewSchema,
    answers: {
      200: {
        description: 'As docker/metadata-action would say it.',
        schema: z.looseObject({
          version: z.looseObject({ main: z.string().nullable(), partial: z.array(z.string()), latest: z.boolean() }),
          tags: z.array(z.string()),
          tag_names: z.array(z.string()),
          labels: z.record(z.string(), z.string()),
          annotations: z.array(z.string()),
        }),
      },
    },
    refusals: { 400: ['TAG_RULE_INVALID', 'FLAVOR_INVALID', 'IMAGE_INVALID', 'LABEL_INVALID'], 422: ['TAG_INVALID'] },
  },
];
