import type { Context } from 'hono';
import * as z from 'zod';
import { readBody } from '../lib/body.ts';
import { CodedError } from '../lib/error.ts';
import { decodeUtf8, parseStrictJson } from '../lib/json.ts';
import { lazily } from '../lib/lazily.ts';
import { SINGLE } from '../lib/merge/arrivals/arrival.ts';
import type { Digest } from '../lib/oci/digest.ts';
import { isDigest } from '../lib/oci/digest.ts';
import { ProblemError } from './problem.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export const tagSuffix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,80}$/, 'must be at most 80 of A-Z, a-z, 0-9, ".", "_" and "-"');
export const platformTag = z.string().regex(/^[a-z0-9_.]{1,32}$/, 'must be 1 to 32 of a-z, 0-9, "_" and "."');
export const platformTags = z
  .array(platformTag)
  .min(1, 'must name at least one platform tag')
  .max(64)
  .refine(isUnique, 'must not repeat a platform tag');
export const digest = z
  .string()
  .refine((text): text is Digest => isDigest(text), 'must be sha256: and 64 lower-case hex digits')
  .meta({ pattern: '^sha256:[0-9a-f]{64}$' });
export const runId = z.string().regex(/^\d{1,20}$/, 'must be digits');
const projectName = z.string().max(63);

/** GitHub passes a workflow's inputs as text; the seed's default is the empty one. */
export const tagLatest = lazily(() =>
  z.union([z.boolean(), z.enum(['true', 'false', 'auto', ''])]).transform((value): 'auto' | 'true' | 'false' => {
    if (value === true || value === 'true') return 'true';
    return value === false || value === 'false' ? 'false' : 'auto';
  }),
);

/** An absent input of a workflow is empty text. */
const platformTagOrNone = lazily(() => platformTag.or(z.literal('')).transform((tag) => (tag === '' ? SINGLE : tag)));

export const arrivalSchema = z.strictObject({
  tag_suffix: tagSuffix,
  platform_tag: platformTagOrNone.default(SINGLE),
  digest,
  expect: platformTags.optional(),
  tag_latest: tagLatest.optional(),
  project: projectName.optional(),
});
export const mergeSchema = lazily(() => z.strictObject({ tag_suffix: tagSuffix, project: projectName.optional() }));
export const finishSchema = lazily(() =>
  z.strictObject({
    tag_suffixes: z.array(tagSuffix).max(1000).optional(),
    arrivals: z
      .array(arrivalSchema.omit({ project: true }))
      .max(500)
      .default([]),
  }),
);
/** The whole of LocalAI's matrix is 448 merges. */
export const planSchema = lazily(() =>
  z.strictObject({
    merges: z
      .array(
        z.strictObject({
          tag_suffix: tagSuffix,
          platform_tags: z.array(platformTagOrNone).min(1).max(64).refine(isUnique, 'must not repeat a platform tag'),
          tag_latest: tagLatest.default('auto'),
          narrow: z.boolean().default(false),
        }),
      )
      .max(2000)
      .refine((merges) => isUnique(merges.map(({ tag_suffix }) => tag_suffix)), 'must not repeat a tag_suffix'),
  }),
);

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

/**
 * Reads a JSON body of a known shape.
 *
 * @throws {ProblemError} BODY_INVALID (400), naming the field; BODY_TOO_LARGE (413)
 */
export async function parseBody<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await readJsonBody(c, MAX_BODY_BYTES));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field =
    issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]].join('.') : (issue?.path.join('.') ?? '');
  throw new ProblemError(400, 'BODY_INVALID', `${field}: ${issue?.message}`, { field });
}

/**
 * Reads a JSON body, no further than it may be long, in which no key is repeated; an empty one is `{}`.
 *
 * @throws {ProblemError} BODY_TOO_LARGE (413), BODY_INVALID (400)
 */
export async function readJsonBody(c: Context, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(new Response(c.req.raw.body), maxBytes).catch((error) => {
    if (!(error instanceof CodedError) || error.code !== 'BODY_TOO_LARGE') throw error;
    throw new ProblemError(413, 'BODY_TOO_LARGE', `the body has at most ${maxBytes} bytes`);
  });
  try {
    const text = decodeUtf8(bytes);
    return parseStrictJson(text === '' ? '{}' : text);
  } catch (error) {
    const problem = error instanceof SyntaxError ? error.message : 'is not UTF-8';
    throw new ProblemError(400, 'BODY_INVALID', `the body ${problem}`, { field: '' });
  }
}

/** The suffix as a path names it: `~` is the empty one. @throws {ProblemError} PATH_INVALID (400) */
export function parseSuffixSegment(segment: string): string {
  const parsed = tagSuffix.safeParse(segment === '~' ? '' : segment);
  if (!parsed.success)
    throw new ProblemError(400, 'PATH_INVALID', 'tag_suffix: must be at most 80 of A-Z, a-z, 0-9, ".", "_" and "-"', {
      field: 'tag_suffix',
    });
  return parsed.data;
}

/** @throws {ProblemError} PATH_INVALID (400) */
export function parseRunId(segment: string): string {
  if (!runId.safeParse(segment).success)
    throw new ProblemError(400, 'PATH_INVALID', 'run_id: must be digits', { field: 'run_id' });
  return segment;
}
