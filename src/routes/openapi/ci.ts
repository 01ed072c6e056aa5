import { arrivalSchema, finishSchema, mergeSchema, planSchema } from '../parse.ts';
import { acceptedAnswer, finishAnswer, mergeAnswer, planAnswer, runAnswer } from './answers.ts';
import type { Answer, Operation } from './operation.ts';

const PROGRESS = ['application/x-ndjson', 'text/markdown'];
const published: Answer = {
  description: 'Published, or superseded by a newer run.',
  schema: mergeAnswer,
  types: PROGRESS,
};
const failed: Answer = {
  description: 'Failed for good: `code` and `reason` say what must be mended.',
  schema: mergeAnswer,
  types: PROGRESS,
};
const retrying: Answer = {
  description: 'Something that is needed is busy or down. Muster goes on by itself; calling again waits for it.',
  schema: mergeAnswer,
  types: PROGRESS,
};
const summary: Answer = { description: 'For `$GITHUB_STEP_SUMMARY`.', types: ['text/markdown'] };

/** Refusals of a report. */
const REPORT = {
  400: ['PLATFORM_TAG_UNKNOWN', 'FLAVOR_INVALID'],
  409: ['ARRIVAL_CONFLICT', 'EXPECT_CONFLICT', 'NOT_PLANNED'],
  422: ['SOURCE_NOT_FOUND', 'SOURCE_GONE', 'PLATFORM_MISMATCH', 'INDEX_UNSUPPORTED', 'NO_TARGET', 'TAG_INVALID'],
  503: ['ARRIVAL_PENDING'],
} as const;

/** What CI jobs call, and who watches them. */
export const CI_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/arrivals',
    area: 'CI',
    summary: 'A build job reports a per-arch image that it has pushed.',
    role: 'report',
    lends: true,
    body: arrivalSchema,
    answers: {
      200: published,
      202: {
        description: 'Taken; `waiting` for other legs, or `needs_token`. `accepted` for `Prefer: respond-async`.',
        schema: mergeAnswer.or(acceptedAnswer),
        types: PROGRESS,
      },
      409: { description: 'Cancelled.', schema: mergeAnswer, types: PROGRESS },
      422: failed,
      503: retrying,
    },
    refusals: REPORT,
  },
  {
    method: 'post',
    path: '/v1/merges',
    area: 'CI',
    summary: 'Lends a Sigstore token to one merge, or tries again what has stopped, and waits.',
    role: 'report',
    lends: true,
    body: mergeSchema,
    answers: {
      200: published,
      202: { description: '`Prefer: respond-async`.', schema: acceptedAnswer },
      409: { description: 'Cancelled.', schema: mergeAnswer, types: PROGRESS },
      422: failed,
      503: retrying,
    },
    refusals: { 409: ['MERGE_INCOMPLETE', 'NEEDS_TOKEN'], 422: ['SOURCE_NOT_FOUND'] },
  },
  {
    method: 'get',
    path: '/v1/merges/{project}/{run_id}/{tag_suffix}',
    area: 'CI',
    summary: 'How a merge stands: arrivals, steps with times, targets, tags, the signature.',
    answers: { 200: { description: 'The merge.', schema: mergeAnswer } },
    refusals: { 400: ['PATH_INVALID'], 404: ['MERGE_UNKNOWN'] },
  },
  {
    method: 'get',
    path: '/v1/merges/{project}/{run_id}/{tag_suffix}/summary',
    area: 'CI',
    summary: 'A merge as Markdown.',
    answers: { 200: summary },
    refusals: { 400: ['PATH_INVALID'], 404: ['MERGE_UNKNOWN'] },
  },
  {
    method: 'get',
    path: '/v1/merges/{project}/{run_id}/{tag_suffix}/events',
    area: 'CI',
    summary: 'The steps of a merge as they happen, until it rests.',
    answers: {
      200: { description: 'One event, or one line, a step.', types: ['text/event-stream', 'application/x-ndjson'] },
    },
    refusals: { 400: ['PATH_INVALID'], 404: ['MERGE_UNKNOWN'] },
  },
  {
    method: 'post',
    path: '/v1/runs/{project}/{run_id}/finish',
    area: 'CI',
    summary: 'The finishing job lends its token to every complete merge of the run, and waits for them.',
    role: 'report',
    lends: true,
    body: finishSchema,
    answers: {
      200: { description: 'Each is published or superseded.', schema: finishAnswer, types: ['text/markdown'] },
      409: {
        description: 'Some are not: `merges` says which, and what they wait for.',
        schema: finishAnswer,
        types: ['text/markdown'],
      },
      503: {
        description:
          'A merge had no turn, or its report could not be taken; or all that is left to do is to wait. Call again.',
        schema: finishAnswer,
        types: ['text/markdown'],
      },
    },
    refusals: { 400: ['PATH_INVALID', 'FLAVOR_INVALID'], 422: ['TAG_INVALID'] },
  },
  {
    method: 'put',
    path: '/v1/runs/{project}/{run_id}/plan',
    area: 'CI',
    summary: 'The matrix job says which legs the run will build; a later plan of it is compared with the first.',
    role: 'plan',
    body: planSchema,
    answers: {
      200: {
        description: '`planned`, and what is other than before; `ignored` where a newer attempt has planned.',
        schema: planAnswer,
      },
    },
    refusals: {
      400: ['PATH_INVALID', 'FLAVOR_INVALID', 'PLATFORM_TAG_UNKNOWN'],
      409: ['PLAN_CONFLICT', 'EXPECT_CONFLICT'],
      422: ['TAG_INVALID'],
    },
  },
  {
    method: 'get',
    path: '/v1/runs/{project}/{run_id}',
    area: 'CI',
    summary: 'Every merge of a run, and how many are in which state.',
    answers: { 200: { description: 'The run.', schema: runAnswer } },
    refusals: { 400: ['PATH_INVALID'], 404: ['RUN_UNKNOWN'] },
  },
  {
    method: 'get',
    path: '/v1/runs/{project}/{run_id}/summary',
    area: 'CI',
    summary: 'A run as Markdown.',
    answers: { 200: summary },
    refusals: { 400: ['PATH_INVALID'], 404: ['RUN_UNKNOWN'] },
  },
  {
    method: 'get',
    path: '/v1/runs/{project}/{run_id}/events',
    area: 'CI',
    summary: 'Every merge of a run as it stands, then each that changes, until none may go on.',
    query: { tag_suffix: { description: 'Only this merge.' } },
    answers: {
      200: {
        description:
          'One event, or one line, a change: the merge as the run has it; `removed` where a plan left it out.',
        types: ['text/event-stream', 'application/x-ndjson'],
      },
    },
    refusals: { 400: ['PATH_INVALID'], 404: ['RUN_UNKNOWN'] },
  },
];
