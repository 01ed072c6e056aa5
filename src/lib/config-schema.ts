import * as z from 'zod';
import { lazily } from './lazily.ts';
import { isRepositoryName } from './oci/reference.ts';
import { policySchema } from './sigstore/policy.ts';
import { createSettingsSchema } from './sigstore/settings.ts';

/** GitHub's issuer of ID tokens. @see https://docs.github.com/en/actions/reference/security/oidc */
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const digits = z.string().regex(/^\d{1,20}$/, 'must be a numeric id, as a string');
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');
const webUrl = z.string().refine((text) => parseSafeUrl(text) !== undefined, 'must be https, or http on loopback');
const origin = z.string().refine((text) => parseSafeUrl(text)?.origin === text.toLowerCase(), {
  error: 'must be https://HOST without a path, or http on loopback',
});

/** A URL that may be called: plain HTTP only on this machine, and no password in it. */
function parseSafeUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname)) ? url : undefined;
}

const registrySchema = lazily(() =>
  z.strictObject({
    host: z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with a port if it needs one'),
    alias: name.optional(),
    realms: z.array(webUrl).optional(),
    origin: origin.optional(),
    anonymous: z.boolean().default(false),
  }),
);

const workflow = z.string().regex(/^[^@\s]+\.ya?ml$/, 'must be OWNER/REPO/.github/workflows/FILE.yml, without a ref');
const roleSchema = lazily(() =>
  z.strictObject({
    workflows: z.array(workflow).min(1),
    callers: z.array(workflow).min(1).optional(),
    events: z
      .array(z.string().refine((event) => !event.startsWith('pull_request'), 'must not be a pull_request event'))
      .min(1)
      .optional(),
    runner_environments: z
      .array(z.enum(['github-hosted', 'self-hosted']))
      .min(1)
      .optional(),
  }),
);

const repository = z
  .string()
  .refine(
    (text) => /^[a-z0-9.-]+(:\d{1,5})?\//.test(text) && isRepositoryName(text.slice(text.indexOf('/') + 1)),
    'must be HOST/REPOSITORY, in lower case',
  )
  .refine(
    (text) => !/^docker\.io\/[^/]*$/.test(text),
    'must be docker.io/OWNER/REPOSITORY; an official image is docker.io/library/NAME',
  );
const targetSchema = lazily(() =>
  z.strictObject({ repository, source: repository.optional(), public: z.boolean().default(false) }),
);
const platformTag = z.string().regex(/^[a-z0-9_.]{1,32}$/, 'must be 1 to 32 of a-z, 0-9, _ and .');
const platformTags = z
  .array(platformTag)
  .min(1)
  .refine((tags) => new Set(tags).size === tags.length, 'must not name a platform tag twice');
const tagSuffix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,80}$/, 'must be a tag suffix: at most 80 of A-Z, a-z, 0-9, ., _ and -');
// Not manifest: a leg is published as it is.
const annotationLevel = z
  .string()
  .regex(
    /^(index|manifest-descriptor(\[[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?\])?)$/,
    'must be index, manifest-descriptor or manifest-descriptor[os/arch]',
  );

const projectSchema = lazily(() =>
  z.strictObject({
    name,
    repository: z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'must be OWNER/REPO'),
    repository_id: digits,
    repository_owner_id: digits,
    refs: z.array(z.string().startsWith('refs/')).min(1),
    tags: z.array(z.string()).min(1),
    flavor: z.string().default(''),
    short_sha_length: z.int().min(4).max(64).optional(),
    labels: z.array(z.string()).optional(),
    annotations: z.array(z.string()).optional(),
    annotation_levels: z.array(annotationLevel).min(1).default(['index']),
    policy: name,
    roles: z.strictObject({
      report: roleSchema.optional(),
      plan: roleSchema.optional(),
      sign: roleSchema.optional(),
      maintain: roleSchema.optional(),
    }),
    targets: z.array(targetSchema).min(1),
    default_branch: z.string().optional(),
    require_protected_ref: z.boolean().default(false),
    require_plan: z.boolean().default(false),
    expect: z.record(tagSuffix, platformTags).default({}),
    platforms: z
      .record(
        platformTag,
        z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/, 'must be os/arch or os/arch/variant'),
      )
      .default({}),
    deadline_minutes: z.int().positive().optional(),
    keepalive_max_age_hours: z.int().positive().optional(),
    keepalive_foreign: z.boolean().default(false),
    keepalive_dry_run: z.boolean().default(false),
    shadow: z.boolean().default(false),
  }),
);

const gallerySchema = lazily(() =>
  z.strictObject({
    name,
    url: webUrl,
    policy: name,
    on_failure: z.enum(['omit', 'mark']).default('omit'),
  }),
);

/** What `sigstore` holds. */
export const sigstoreSchema = lazily(() => createSettingsSchema(webUrl));

/** The configuration as it is written: a key that is not here is refused. */
export const configSchema = lazily(() =>
  z.strictObject({
    audience: z
      .string()
      .refine((text) => text !== 'sigstore', 'must not be "sigstore", which is the audience of the token that signs')
      .refine((text) => text === 'sigstore' || URL.canParse(text), 'must be a URL, the one that jobs ask a token for'),
    oidc: z.strictObject({ issuer: webUrl }).default({ issuer: GITHUB_ISSUER }),
    sigstore: sigstoreSchema.default({}),
    registries: z.array(registrySchema).default([]),
    projects: z.array(projectSchema).min(1),
    policies: z.array(policySchema).min(1),
    galleries: z.array(gallerySchema).default([]),
    retention_days: z.int().min(30).default(35),
    deadline_seconds: z.int().min(5).max(600).default(90),
    call_timeout_seconds: z.int().min(1).max(120).default(30),
    copy_chunk_mebibytes: z.int().min(1).max(16).default(8),
    calls_per_invocation: z.int().min(1000).max(9000).default(6000),
  }),
);

/** What the schema makes of it: defaults are filled in. */
export type ParsedConfig = z.infer<typeof configSchema>;
