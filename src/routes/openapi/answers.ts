import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';

// What answers hold, for readers: clients must not break on a key that is not here.

const digest = z.string().meta({ pattern: '^sha256:[0-9a-f]{64}$' });
const time = z.iso.datetime();
const platformTags = z.array(z.string()).nullable();

const mergeState = z.enum([
  'waiting',
  'needs_token',
  'merging',
  'retrying',
  'published',
  'superseded',
  'failed',
  'cancelled',
]);

const target = lazily(() =>
  z.looseObject({
    repository: z.string(),
    state: z.enum(['waiting', 'merging', 'retrying', 'published', 'failed', 'skipped']),
    reason: z.string().optional(),
    discoverable: z.boolean().optional(),
    tags: z.array(z.looseObject({ name: z.string(), state: z.string(), reason: z.string().optional() })),
  }),
);

const signature = lazily(() =>
  z.looseObject({
    bundle_digest: digest,
    log_index: z.string(),
    identity: z.string(),
    signed_at: time,
  }),
);

/** A merge, as every route of merges and arrivals answers. */
export const mergeAnswer = lazily(() =>
  z.looseObject({
    state: mergeState,
    project: z.string(),
    run_id: z.string(),
    run_attempt: z.int(),
    generation: z.int(),
    tag_suffix: z.string(),
    ref: z.string(),
    sha: z.string(),
    expected: platformTags,
    missing: platformTags,
    deadline: time.optional(),
    overdue: z.boolean().optional(),
    reason: z.string().optional(),
    code: z.string().optional(),
    digest: digest.optional(),
    media_type: z.string().optional(),
    arrivals: z.array(
      z.looseObject({
        platform_tag: z.string(),
        platform: z.string().nullable(),
        digest,
        run_attempt: z.int(),
        arrived_at: time,
      }),
    ),
    targets: z.array(target),
    signature: signature.optional(),
    steps: z.array(
      z.looseObject({
        step: z.string(),
        target: z.string().optional(),
        state: z.string(),
        at: time,
        ms: z.number().optional(),
        detail: z.string().optional(),
      }),
    ),
  }),
);

/** `Prefer: respond-async`. */
export const acceptedAnswer = lazily(() => z.looseObject({ state: z.literal('accepted') }));

/** What a finishing call did, suffix by suffix. */
export const finishAnswer = lazily(() =>
  z.looseObject({
    state: z.literal('published').optional(),
    code: z.literal('RUN_INCOMPLETE').optional(),
    project: z.string(),
    run_id: z.string(),
    merges: z.array(
      z.looseObject({
        tag_suffix: z.string(),
        state: mergeState,
        code: z.string().optional(),
        missing: platformTags.optional(),
        reason: z.string().optional(),
        digest: digest.optional(),
        targets: z.array(target).optional(),
        signature: signature.optional(),
      }),
    ),
  }),
);

const suffixes = z.array(z.string());

/** What a plan changed; suffix by suffix. */
export const planAnswer = lazily(() =>
  z.looseObject({
    state: z.enum(['planned', 'ignored']),
    project: z.string(),
    run_id: z.string(),
    run_attempt: z.int(),
    newest_attempt: z.int().optional(),
    merges: z.int().optional(),
    legs: z.int().optional(),
    added: suffixes.optional(),
    changed: suffixes.optional(),
    removed: suffixes.optional(),
    kept: suffixes.optional(),
  }),
);

/** A run with the state of each of its merges. */
export const runAnswer = lazily(() =>
  z.looseObject({
    project: z.string(),
    run_id: z.string(),
    ref: z.string().nullable(),
    sha: z.string().nullable(),
    run_attempt: z.int(),
    planned: z.boolean(),
    cancelled: z.boolean(),
    counts: z.record(z.string(), z.int()),
    overdue: z.int(),
    merges: z.array(
      z.looseObject({
        tag_suffix: z.string(),
        state: mergeState,
        reason: z.string().optional(),
        code: z.string().optional(),
        expected: platformTags,
        arrived: z.array(z.string()),
        missing: platformTags,
        deadline: time.optional(),
        overdue: z.boolean().optional(),
        digest: digest.optional(),
        ref: z.string(),
        sha: z.string(),
        run_attempt: z.int(),
      }),
    ),
  }),
);

/** A refusal. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemAnswer = lazily(() =>
  z.looseObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    field: z.string().optional(),
    rule: z.string().optional(),
  }),
);

/** A refusal of the registry. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
export const registryProblemAnswer = lazily(() =>
  z.looseObject({
    errors: z.array(z.looseObject({ code: z.string(), message: z.string(), detail: z.unknown().optional() })).min(1),
  }),
);
