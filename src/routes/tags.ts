import { Hono } from 'hono';
import * as z from 'zod';
import { lazily } from '../lib/lazily.ts';
import { computeTags } from '../lib/tags/compute.ts';
import { TagError } from '../lib/tags/error.ts';
import { nameTags, parseImages } from '../lib/tags/images.ts';
import { buildAnnotations, buildLabels } from '../lib/tags/labels.ts';
import type { AppEnv } from './app-types.ts';
import { parseBody } from './parse.ts';
import { ProblemError, statusOfCode } from './problem.ts';

const line = z.string().max(1000);
/** A list, as a configuration has it, or one text of lines, as a workflow has it. */
const lines = z.union([z.array(line).max(100), z.string().max(20_000)]).default([]);
const ref = z.string().regex(/^refs\/.{1,250}$/, 'must begin with refs/');
/** Milliseconds since the epoch, or a date as ISO 8601 writes it, in years of four digits. */
const time = z
  .union([z.int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .refine((ms) => ms >= 0 && ms < Date.UTC(10_000), 'must be a time from 1970 to 9999');

/** Only what the computation reads; an ID token's other claims are passed over. */
const claimsSchema = lazily(() =>
  z.object({
    ref,
    sha: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be 40 or 64 hex digits, in lower case'),
    event_name: z.string().max(100),
    repository: z.string().regex(/^[^/\s]{1,100}\/[^/\s]{1,100}$/, 'must be OWNER/NAME'),
    base_ref: z.string().max(250).optional(),
  }),
);

const contextSchema = lazily(() =>
  z.strictObject({
    default_branch: z.string().max(250).optional(),
    description: z.string().max(1000).optional(),
    license: z.string().max(100).optional(),
    url: z.string().max(1000).optional(),
    now: time.optional(),
    commit_date: time.optional(),
    short_sha_length: z.int().min(4).max(64).optional(),
  }),
);

export const previewSchema = lazily(() =>
  z.strictObject({
    claims: claimsSchema,
    images: lines,
    tags: lines,
    flavor: lines,
    labels: lines,
    annotations: lines,
    annotation_levels: z
      .array(
        z
          .string()
          .regex(
            /^(index|manifest|index-descriptor|manifest-descriptor)(\[[A-Za-z0-9_./-]{1,64}\])?$/,
            'must be index, manifest, index-descriptor or manifest-descriptor, perhaps with [os/arch]',
          ),
      )
      .min(1)
      .max(20)
      .default(['manifest']),
    context: contextSchema.default({}),
  }),
);

/**
 * `POST /v1/tags/preview`: what rules give for a run that is described, not proved; it reads and writes nothing.
 *
 * @see https://github.com/docker/metadata-action#json-output-object
 */
export const tagRoutes = new Hono<AppEnv>().post('/preview', async (c) => {
  const body = await parseBody(c, previewSchema);
  return c.json(preview(body, c.get('environment').services.now()));
});

function preview({ claims, context, ...body }: z.output<typeof previewSchema>, clock: number) {
  const { now = clock, ...known } = context;
  try {
    const images = parseImages(body.images);
    const run = { ...claims, ...known, now };
    const { main, partial, tags, latest } = computeTags({ ...run, rules: body.tags, flavor: body.flavor });
    const label = { ...run, version: main };
    return {
      version: { main: main === '' ? null : main, partial, latest },
      tags: nameTags(images, tags),
      tag_names: tags,
      labels: Object.fromEntries(buildLabels(label, body.labels)),
      annotations: buildAnnotations(buildLabels(label, body.annotations), body.annotation_levels),
    };
  } catch (error) {
    throw error instanceof TagError ? refuse(error) : error;
  }
}

/** Rules that are wrong are the caller's here, not the configuration's. */
function refuse({ code, message }: TagError): ProblemError {
  return new ProblemError(code === 'TAG_INVALID' ? statusOfCode(code) : 400, code, message);
}
