import { z } from 'zod';
import { CodedError } from './error.ts';
import { policySchema } from './sigstore/policy.ts';
import { checkTagSettings } from './tags/check.ts';

export type ConfigErrorCode = 'CONFIG_INVALID';

/** The configuration cannot be used; the message names the key and what is allowed. */
export class ConfigError extends CodedError<ConfigErrorCode> {}

/** GitHub's issuer of ID tokens. @see https://docs.github.com/en/actions/reference/security/oidc */
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

/** The registries that need no entry of their own. */
const BUILT_IN_REGISTRIES = [
  { host: 'docker.io', origin: 'https://registry-1.docker.io', realms: ['https://auth.docker.io/token'] },
  { host: 'quay.io', origin: 'https://quay.io', realms: ['https://quay.io/v2/auth'] },
  { host: 'ghcr.io', origin: 'https://ghcr.io', realms: ['https://ghcr.io/token'] },
] as const;

const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const digits = z.string().regex(/^\d{1,20}$/, 'must be a numeric id, as a string');
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');
const webUrl = z.string().refine((text) => URL.canParse(text) && isSafeUrl(text), 'must be https, or http on loopback');
const origin = z.string().refine((text) => /^https:\/\/[^/?#]+$/.test(text) || LOOPBACK.test(text), {
  error: 'must be https://HOST without a path, or http on loopback',
});

function isSafeUrl(text: string): boolean {
  const url = new URL(text);
  return url.protocol === 'https:' || LOOPBACK.test(url.origin);
}

const registrySchema = z.strictObject({
  host: z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with a port if it needs one'),
  alias: name.optional(),
  realms: z.array(webUrl).default([]),
  origin: origin.optional(),
  anonymous: z.boolean().default(false),
});

const roleSchema = z.strictObject({
  workflows: z
    .array(z.string().regex(/^[^@]+\.ya?ml$/, 'must be OWNER/REPO/.github/workflows/FILE.yml, without a ref'))
    .min(1),
  callers: z.array(z.string().min(1)).min(1).optional(),
  events: z
    .array(z.string().refine((event) => !event.startsWith('pull_request'), 'must not be a pull_request event'))
    .min(1)
    .optional(),
  runner_environments: z
    .array(z.enum(['github-hosted', 'self-hosted']))
    .min(1)
    .optional(),
});

const repository = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/, 'must be HOST/REPOSITORY, in lower case');
const targetSchema = z.strictObject({ repository, source: repository.optional(), public: z.boolean().default(false) });
const platformTag = z.string().regex(/^[a-z0-9_.]{1,32}$/, 'must be 1 to 32 of a-z, 0-9, _ and .');
// Not manifest: a leg is published as it is.
const annotationLevel = z
  .string()
  .regex(
    /^(index|manifest-descriptor(\[[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?\])?)$/,
    'must be index, manifest-descriptor or manifest-descriptor[os/arch]',
  );

const projectSchema = z.strictObject({
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
  expect: z.record(z.string(), z.array(platformTag).min(1)).default({}),
  platforms: z
    .record(
      platformTag,
      z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/, 'must be os/arch or os/arch/variant'),
    )
    .default({}),
  deadline_minutes: z.int().positive().optional(),
  keepalive_max_age_hours: z.int().positive().default(168),
  shadow: z.boolean().default(false),
});

const gallerySchema = z.strictObject({
  name,
  url: webUrl,
  policy: name,
  on_failure: z.enum(['omit', 'mark']).default('omit'),
});

const sigstoreSchema = z
  .strictObject({
    tuf: z.strictObject({ url: webUrl, root: z.string().optional() }).optional(),
    trusted_root: z.record(z.string(), z.unknown()).optional(),
    signing_config: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((value) => !(value.tuf && value.trusted_root), 'tuf and trusted_root exclude each other')
  .refine(
    (value) => Boolean(value.trusted_root) === Boolean(value.signing_config),
    'trusted_root and signing_config go together',
  );

const configSchema = z.strictObject({
  audience: z.url().refine((text) => text !== 'sigstore', 'must not be "sigstore"'),
  oidc: z.strictObject({ issuer: webUrl }).default({ issuer: GITHUB_ISSUER }),
  sigstore: sigstoreSchema.default({}),
  registries: z.array(registrySchema).default([]),
  projects: z.array(projectSchema).min(1),
  policies: z.array(policySchema).min(1),
  galleries: z.array(gallerySchema).default([]),
  retention_days: z.int().min(30).default(35),
  deadline_seconds: z.int().min(5).max(600).default(90),
});

type ParsedConfig = z.infer<typeof configSchema>;
/** A project: whose runs may report, what they publish, where, and under which policy. */
export type ProjectConfig = ParsedConfig['projects'][number];
export type TargetConfig = ProjectConfig['targets'][number];
/** A registry: the host that references name, where its API is, and which token services it may point to. */
export interface RegistryConfig {
  readonly host: string;
  readonly alias: string;
  readonly origin: string;
  readonly realms: readonly string[];
  readonly anonymous: boolean;
}
/** The whole configuration, with defaults filled in. */
export interface Config extends Omit<ParsedConfig, 'registries'> {
  readonly registries: readonly RegistryConfig[];
}

/** The keys that may be variables of their own, `MUSTER_<KEY>`, because a deployed variable holds at most 5 KB. */
export const SPLIT_KEYS: readonly string[] = Object.keys(configSchema.shape);

/**
 * Parses the configuration from the Worker's variables: `MUSTER` (a table, or JSON of the same shape), and
 * `MUSTER_<KEY>` for any top-level key.
 *
 * @throws {ConfigError} CONFIG_INVALID, naming each bad key and what is allowed there
 */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
  const whole: Record<string, unknown> = { ...parseVariable('MUSTER', variables.MUSTER ?? {}) };
  for (const key of SPLIT_KEYS) {
    const own = variables[`MUSTER_${key.toUpperCase()}`];
    if (own !== undefined)
      whole[key] = typeof own === 'string' && key !== 'audience' ? parseJson(`MUSTER_${key.toUpperCase()}`, own) : own;
  }
  const parsed = configSchema.safeParse(whole);
  if (!parsed.success) throw new ConfigError('CONFIG_INVALID', parsed.error.issues.map(describeIssue).join('; '));
  const config = { ...parsed.data, registries: withBuiltIns(parsed.data.registries) };
  const problems = crossCheck(config);
  if (problems.length > 0) throw new ConfigError('CONFIG_INVALID', problems.join('; '));
  return config;
}

function parseVariable(variable: string, value: unknown): Record<string, unknown> {
  const object = typeof value === 'string' ? parseJson(variable, value) : value;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new ConfigError('CONFIG_INVALID', `${variable}: must be a table, or JSON of the same shape`);
  }
  return { ...object };
}

function parseJson(variable: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${variable}: is not JSON`, { cause });
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${['MUSTER', ...issue.path].map(String).join('.')}: ${issue.message}`;
}

function withBuiltIns(own: ParsedConfig['registries']): RegistryConfig[] {
  const configured = own.map((registry) => ({
    ...registry,
    alias: registry.alias ?? registry.host,
    origin: registry.origin ?? `https://${registry.host}`,
  }));
  const builtIn = BUILT_IN_REGISTRIES.filter(({ host }) => !own.some((registry) => registry.host === host));
  return [...configured, ...builtIn.map((registry) => ({ ...registry, alias: registry.host, anonymous: false }))];
}

/** What one key alone cannot tell: names that must exist, names that must differ. */
function crossCheck(config: Config): string[] {
  const problems: string[] = [];
  const policies = new Set(config.policies.map((policy) => policy.name));
  const hosts = new Set(config.registries.map((registry) => registry.host));
  for (const list of ['projects', 'policies', 'galleries'] as const) {
    const names = config[list].map((entry) => entry.name);
    const repeated = names.find((entry, index) => names.indexOf(entry) !== index);
    if (repeated !== undefined) problems.push(`MUSTER.${list}: the name "${repeated}" is used twice`);
    if (names.includes(undefined)) problems.push(`MUSTER.${list}: each entry needs a name`);
  }
  for (const project of config.projects) problems.push(...checkProject(project, policies, hosts));
  for (const gallery of config.galleries) {
    if (!policies.has(gallery.policy))
      problems.push(`MUSTER.galleries.${gallery.name}.policy: no policy "${gallery.policy}"`);
  }
  return problems;
}

function checkProject(
  project: ProjectConfig,
  policies: ReadonlySet<string | undefined>,
  hosts: ReadonlySet<string>,
): string[] {
  const at = `MUSTER.projects.${project.name}`;
  const problems: string[] = [];
  if (!policies.has(project.policy)) problems.push(`${at}.policy: no policy "${project.policy}"`);
  for (const target of project.targets) {
    for (const place of [target.repository, target.source]) {
      const host = place?.slice(0, place.indexOf('/'));
      if (host !== undefined && !hosts.has(host))
        problems.push(`${at}.targets: ${host} needs an entry in MUSTER.registries`);
    }
  }
  return [...problems, ...checkTagSettings(project).map((problem) => `${at}.${problem}`)];
}

/**
 * What works, but that an operator should know before a deploy.
 *
 * A workflow path alone pins no caller: anyone may call a public reusable workflow and get its name.
 */
export function configWarnings(config: Config): string[] {
  const warnings: string[] = [];
  for (const policy of config.policies) {
    if (policy.public_key === undefined && policy.source_repository_id === undefined) {
      warnings.push(`MUSTER.policies.${policy.name}: without source_repository_id, whoever calls the workflow passes`);
    }
    const regex = policy.identity_regex;
    if (regex !== undefined && !(regex.startsWith('^') && regex.endsWith('$'))) {
      warnings.push(`MUSTER.policies.${policy.name}.identity_regex: is not anchored, so it matches anywhere`);
    }
  }
  for (const project of config.projects) {
    if (!project.roles.report)
      warnings.push(`MUSTER.projects.${project.name}.roles.report: absent, so nobody may report`);
    if (!project.roles.sign)
      warnings.push(`MUSTER.projects.${project.name}.roles.sign: absent, so nothing can be signed`);
  }
  return warnings;
}
