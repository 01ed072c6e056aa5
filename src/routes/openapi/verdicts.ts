import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';

const digest = z.string().meta({ pattern: '^sha256:[0-9a-f]{64}$' });

const signer = lazily(() =>
  z.looseObject({
    issuer: z.string(),
    identity: z.string(),
    source_repository: z.string().optional(),
    source_repository_id: z.string().optional(),
    source_ref: z.string().optional(),
    source_digest: z.string().optional(),
    run_url: z.string().optional(),
    runner_environment: z.string().optional(),
  }),
);

/** What every verdict says of what it rests on. */
const basis = () => ({
  policy: z.looseObject({ name: z.string().optional(), etag: z.string(), loose: z.boolean() }),
  trusted_root: z.looseObject({ source: z.string(), sha256: z.string(), fetched_at: z.iso.datetime() }),
  checked_at: z.iso.datetime(),
});

const evidence = () => ({
  signer,
  timestamps: z.array(z.looseObject({ type: z.string(), time: z.string() })),
  log: z.looseObject({ index: z.string(), id: z.string(), integrated_at: z.string().optional() }),
  predicate_type: z.string().optional(),
});

const image = () => ({
  ref: z.string(),
  pinned: z.string(),
  digest,
  index_digest: digest.optional(),
  platform: z.string().optional(),
  localai: z.looseObject({ verified: z.boolean(), code: z.string().optional() }),
  cached: z.boolean(),
});

/** An image that is signed as the policy demands. */
export const verifiedAnswer = lazily(() =>
  z.looseObject({
    verified: z.literal(true),
    ...image(),
    ...evidence(),
    ...basis(),
    bundle: z.unknown().optional(),
  }),
);

/** An image that is not, and why. */
export const refusedAnswer = lazily(() =>
  z.looseObject({
    verified: z.literal(false),
    code: z.string(),
    detail: z.string(),
    ...image(),
    ...basis(),
  }),
);

/** Of many references each has its own status, and what `GET` would have said. */
export const resultsAnswer = lazily(() =>
  z.looseObject({
    results: z.array(
      z.looseObject({
        status: z.int(),
        verified: z.boolean(),
        ref: z.string(),
        code: z.string().optional(),
        bundle: z.unknown().optional(),
        bundle_omitted: z.string().optional(),
      }),
    ),
  }),
);

/** A bundle that passes. */
export const verifiedBundleAnswer = lazily(() =>
  z.looseObject({ verified: z.literal(true), ...evidence(), ...basis() }),
);

/** A bundle that does not. */
export const refusedBundleAnswer = lazily(() =>
  z.looseObject({
    verified: z.literal(false),
    code: z.string(),
    detail: z.string(),
    ...basis(),
  }),
);

/** A policy in force: LocalAI's `verification:` fields, and ours. */
export const policyAnswer = lazily(() =>
  z.looseObject({
    name: z.string().optional(),
    issuer: z.string().optional(),
    issuer_regex: z.string().optional(),
    identity: z.string().optional(),
    identity_regex: z.string().optional(),
    not_before: z.string().optional(),
  }),
);
