import type { z } from 'zod';
import { configSchema, type ParsedConfig, sigstoreSchema } from './config-schema.ts';
import { CodedError } from './error.ts';
import { isAnchored } from './sigstore/regex.ts';
import type { SigstoreSettings } from './sigstore/settings.ts';
import { checkTagSettings } from './tags/check.ts';

export type ConfigErrorCode = 'CONFIG_INVALID';

/** The configuration cannot be used; the message names the key and what is allowed. */
export class ConfigError extends CodedError<ConfigErrorCode> {}

/** The registries that need no entry of their own. */
const BUILT_IN_REGISTRIES = [
  { host: 'docker.io', origin: 'https://registry-1.docker.io', realms: ['https://auth.docker.io/token'] },
  { host: 'quay.io', origin: 'https://quay.io', realms: ['https://quay.io/v2/auth'] },
  { host: 'ghcr.io', origin: 'https://ghcr.io', realms: ['https://ghcr.io/token'] },
] as const;

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

/**
 * Parses the configuration from the Worker's variables: `MUSTER` (a table, or JSON of the same shape), and
 * `MUSTER_<KEY>` for any top-level key.
 *
 * @throws {ConfigError} CONFIG_INVALID, naming each bad key and what is allowed there
 */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
  const whole: Record<string, unknown> = { ...parseVariable('MUSTER', variables.MUSTER ?? {}) };
  const problems: string[] = [];
  // Each may be a variable of its own, because a deployed one holds at most 5 KB.
  const splitKeys = Object.keys(configSchema.unwrap().shape);
  for (const [variable, value] of Object.entries(variables)) {
    if (!variable.startsWith('MUSTER_') || value === undefined) continue;
    const key = variable.slice('MUSTER_'.length).toLowerCase();
    if (!splitKeys.includes(key) || variable !== variable.toUpperCase())
      problems.push(`${variable}: is not known; a variable of its own may have ${splitKeys.join(', ')}`);
    else whole[key] = typeof value === 'string' && key !== 'audience' ? parseJson(variable, value) : value;
  }
  const parsed = configSchema.safeParse(whole);
  if (!parsed.success) problems.push(...parsed.error.issues.map(describeIssue));
  const config = parsed.data && { ...parsed.data, registries: withBuiltIns(parsed.data.registries) };
  if (config) problems.push(...crossCheck(config));
  if (!config || problems.length > 0) throw new ConfigError('CONFIG_INVALID', problems.join('; '));
  return config;
}

/**
 * Parses what `MUSTER.sigstore` may hold from elsewhere.
 *
 * @param where - for the message
 * @throws {ConfigError} CONFIG_INVALID
 */
export function parseSigstoreSettings(where: string, value: unknown): SigstoreSettings {
  const parsed = sigstoreSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`);
  throw new ConfigError('CONFIG_INVALID', problems.join('; '));
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
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
  return `${['MUSTER', ...issue.path].map(String).join('.')}: ${(inner ?? issue).message}`;
}

/** The registries that are configured, and those that need not be; an entry for one of these changes what it says. */
function withBuiltIns(own: ParsedConfig['registries']): RegistryConfig[] {
  const configured = own.map((registry) => {
    const known = BUILT_IN_REGISTRIES.find(({ host }) => host === registry.host);
    return {
      ...registry,
      alias: registry.alias ?? registry.host,
      origin: registry.origin ?? known?.origin ?? `https://${registry.host}`,
      realms: registry.realms ?? known?.realms ?? [],
    };
  });
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
    const repeated = findRepeated(names);
    if (repeated !== undefined) problems.push(`MUSTER.${list}: the name "${repeated}" is used twice`);
    if (names.includes(undefined)) problems.push(`MUSTER.${list}: each entry needs a name`);
  }
  const repeatedHost = findRepeated(config.registries.map(({ host }) => host));
  if (repeatedHost !== undefined) problems.push(`MUSTER.registries: the host "${repeatedHost}" is used twice`);
  const repeatedAlias = findRepeated(config.registries.map(({ alias }) => alias));
  if (repeatedAlias !== undefined) problems.push(`MUSTER.registries: the alias "${repeatedAlias}" is used twice`);
  for (const project of config.projects) problems.push(...checkProject(project, policies, hosts));
  for (const gallery of config.galleries) {
    if (!policies.has(gallery.policy))
      problems.push(`MUSTER.galleries.${gallery.name}.policy: no policy "${gallery.policy}"`);
  }
  return problems;
}

function findRepeated(values: readonly (string | undefined)[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
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
  const repeated = findRepeated(project.targets.map((target) => target.repository));
  if (repeated !== undefined) problems.push(`${at}.targets: ${repeated} is named twice`);
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
    for (const key of ['issuer_regex', 'identity_regex'] as const) {
      const regex = policy[key];
      if (regex !== undefined && !isAnchored(regex))
        warnings.push(`MUSTER.policies.${policy.name}.${key}: is not anchored, so it matches anywhere`);
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
