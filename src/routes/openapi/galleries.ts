import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';
import { galleryQuerySchema } from '../galleries.ts';
import type { Operation, Query } from './operation.ts';

const time = z.string();
const digest = z.string();
const code = z.string();
const installs = z.enum(['uri', 'mirror', 'branch', 'development', 'none', 'unknown']);

const referenceAnswer = lazily(() =>
  z.looseObject({
    role: z.enum(['uri', 'mirror', 'branch', 'development']),
    uri: z.string(),
    ref: z.string().optional(),
    code,
    image_code: code.optional(),
    detail: z.string().optional(),
    digest: digest.optional(),
    platforms: z.array(z.looseObject({ platform: z.string(), digest, code, localai: code })).optional(),
    signed_at: time.optional(),
    age_days: z.int().optional(),
    held_by: z.string().optional(),
  }),
);
/** An entry as the last audit found it. */
export const entryAnswer = lazily(() =>
  z.looseObject({
    name: z.string(),
    code: code.nullable(),
    references: z.array(referenceAnswer),
    platforms: z.array(
      z.looseObject({ platform: z.string(), installs, uri: z.string().optional(), digest: digest.optional() }),
    ),
  }),
);
const differencesAnswer = () =>
  z.looseObject({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(z.looseObject({ name: z.string(), uri: z.string() })),
  });
/** What an audit found. */
export const galleryAnswer = lazily(() =>
  z.looseObject({
    gallery: z.string(),
    url: z.string(),
    policy: z.looseObject({
      name: z.string().optional(),
      etag: z.string(),
      loose: z.boolean(),
      not_before: time.nullable(),
    }),
    audit: z
      .looseObject({
        state: z.string(),
        started_at: time,
        finished_at: time.nullable(),
        checked: z.int(),
        total: z.int(),
        outdated: z.boolean(),
      })
      .nullable(),
    running: z.looseObject({ started_at: time, checked: z.int(), total: z.int() }).nullable(),
    problem: z.looseObject({ code, detail: z.string().nullable(), at: time.nullable() }).nullable(),
    totals: z.looseObject({
      entries: z.int(),
      images: z.int(),
      codes: z.record(z.string(), z.int()),
      installs: z.record(z.string(), z.int()),
    }),
    dry_run: differencesAnswer().extend({ not_before: time }).optional(),
    differences: differencesAnswer().nullable(),
    matching: z.int(),
    entries: z.array(entryAnswer),
    next_offset: z.int().nullable(),
  }),
);

const { shape } = galleryQuerySchema;
const QUERY: Readonly<Record<keyof typeof shape, Query>> = {
  code: {
    schema: shape.code,
    description: "Entries whose URI is found to be so: `VERIFIED`, a verdict's code; `none`: without a URI.",
  },
  installs: {
    schema: shape.installs,
    description: 'Entries with which a strict client would end so, on any platform.',
  },
  name: { schema: shape.name, description: 'Entries whose name holds this.' },
  changed: {
    schema: shape.changed,
    description: '`true`: what differs from the audit before, or under the cut-off that is tried out.',
  },
  not_before: { schema: shape.not_before, description: 'A cut-off to try out, RFC 3339: what would it break?' },
  order: {
    schema: shape.order,
    description:
      "`attention`: first those with which a strict client would end with a branch's or a development image, then those that fail; default `gallery`: as in its file.",
  },
  limit: { schema: shape.limit, description: 'Entries of a page, up to 1000; default 100.' },
  offset: { schema: shape.offset, description: 'Entries to leave out: the `next_offset` of the page before.' },
};

/** What operators and clients of a gallery call. */
export const GALLERY_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/galleries/{name}',
    area: 'Galleries',
    summary: 'What the last audit found of a gallery, entry by entry.',
    query: QUERY,
    answers: { 200: { description: 'The audit.', schema: galleryAnswer } },
    refusals: { 400: ['QUERY_INVALID'], 404: ['GALLERY_NOT_FOUND'] },
  },
  {
    method: 'post',
    path: '/v1/galleries/{name}/audits',
    area: 'Galleries',
    summary: 'Starts an audit, unless one is under way; at most one an hour.',
    answers: {
      202: { description: 'It is under way.', schema: z.looseObject({ state: z.enum(['started', 'running']) }) },
    },
    refusals: { 404: ['GALLERY_NOT_FOUND'], 429: ['AUDIT_TOO_SOON'] },
  },
  {
    method: 'get',
    path: '/v1/galleries/{name}/index.yaml',
    area: 'Galleries',
    summary: 'The gallery with what verified, by digest, with an ETag.',
    answers: {
      200: { description: 'The gallery, a list.', types: ['application/yaml'] },
      304: { description: 'It is the one named by `If-None-Match`.' },
    },
    refusals: { 404: ['GALLERY_NOT_FOUND'], 503: ['AUDIT_PENDING'] },
  },
  {
    method: 'get',
    path: '/v1/galleries/{name}/gallery.yaml',
    area: 'Galleries',
    summary: "A client's setting for the gallery, with the policy.",
    answers: { 200: { description: 'Name, URL and verification.', types: ['application/yaml'] } },
    refusals: { 404: ['GALLERY_NOT_FOUND', 'POLICY_NOT_FOR_CLIENTS'] },
  },
];
