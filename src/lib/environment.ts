import { createTurn } from './calls.ts';
import { type Config, type ProjectConfig, parseConfig } from './config.ts';
import type { GalleryObject } from './gallery/audit/gallery-object.ts';
import { type Budget, createBudget } from './gallery/budget.ts';
import type { RepositoryObject } from './gallery/pull-through/repository-object.ts';
import { createIdTokenVerifier, type IdTokenVerifier } from './github/id-token.ts';
import { type Caller, DEFAULT_RETRY } from './http.ts';
import type { KeepalivesObject } from './keepalive/keepalives-object.ts';
import { MergeError } from './merge/error.ts';
import type { MergeObject } from './merge/merge-object.ts';
import type { TagLockObject } from './merge/tag-lock/tag-lock-object.ts';
import type { Services, Target } from './merge/types.ts';
import { type Credential, parseDockerConfig } from './oci/credentials.ts';
import type { Digest } from './oci/digest.ts';
import { createRegistry, type Registry } from './oci/registry.ts';
import type { Repository } from './oci/repository.ts';
import type { RunIndexObject } from './runs/run-index-object.ts';
import type { RunObject } from './runs/run-object.ts';
import { CallTally, countCalls } from './status/calls.ts';
import { createTelemetry, type Dataset, type Telemetry } from './telemetry.ts';
import { chooseInstance, nameOfInstance } from './trust/instance.ts';
import { createTrust, type Trust } from './trust/trust.ts';
import type { TrustRootObject } from './trust/trust-root-object.ts';

/** Of one isolate, per registry: pulls are to leave room for merges. */
const PUBLIC_READS_PER_HOUR = 10_000;
/** What a registry asks us to wait for, a client is told, and may wait for itself. */
const PUBLIC_RETRY = { tries: 2, maxPauseMs: 1_000 };

/** The Worker's bindings, variables and secrets. */
export interface Env {
  readonly GALLERIES: DurableObjectNamespace<GalleryObject>;
  readonly KEEPALIVES: DurableObjectNamespace<KeepalivesObject>;
  readonly MERGES: DurableObjectNamespace<MergeObject>;
  readonly REPOSITORIES: DurableObjectNamespace<RepositoryObject>;
  readonly RUN_INDEX: DurableObjectNamespace<RunIndexObject>;
  readonly RUNS: DurableObjectNamespace<RunObject>;
  readonly TAG_LOCKS: DurableObjectNamespace<TagLockObject>;
  readonly TRUST_ROOT: DurableObjectNamespace<TrustRootObject>;
  /** The configuration, a table or JSON of the same shape. */
  readonly MUSTER: unknown;
  /** The content of a Docker `config.json`. */
  readonly REGISTRY_AUTH?: string;
  /** An OAuth token for Quay's own API, where registry credentials do not suffice to clean up anchors. */
  readonly QUAY_TOKEN?: string;
  /** What is measured of merges, tasks and requests; absent: nothing is. */
  readonly METRICS?: Dataset;
  /** What one client may ask without a token; absent: as much as it likes. */
  readonly LIMIT_READ?: RateLimit;
  readonly LIMIT_VERIFY?: RateLimit;
  readonly LIMIT_PULL?: RateLimit;
}

/** What is built once from an {@link Env}: parsed configuration, clients with their token caches, trust material. */
export interface Environment {
  readonly services: Services;
  readonly telemetry: Telemetry;
  /** How this isolate's calls to registries ended. */
  readonly calls: CallTally;
  readonly idTokens: IdTokenVerifier;
  readonly trust: Trust['trust'];
  /** A registry read without credentials, for public routes; somebody is waiting, so it is not tried for long. */
  readonly publicRegistry: (host: string) => Registry;
  /** `host/name`, read for public routes with our credentials, because the configuration makes it public. */
  readonly publicTarget: (name: string) => Repository;
  /** What the pull-through may read of each registry. */
  readonly publicBudget: Budget;
}

let built: { env: Env; environment: Environment } | undefined;

/**
 * The environment of an isolate, built at its first use: the one place that knows the global `fetch` and the clock.
 *
 * @throws {ConfigError} CONFIG_INVALID, at every request, until the configuration is mended
 */
export function environmentOf(env: Env): Environment {
  if (built?.env !== env) built = { env, environment: createEnvironment(env) };
  return built.environment;
}

function createEnvironment(env: Env): Environment {
  const config = parseConfig(env as unknown as Record<string, unknown>);
  const now = () => Date.now();
  const calls = new CallTally(now);
  const caller: Caller = {
    fetch: countCalls((input, init) => fetch(input, init), config.registries, calls),
    turn: createTurn(now),
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
    retry: { ...DEFAULT_RETRY, timeoutMs: config.call_timeout_seconds * 1000 },
  };
  const credentialOf = parseDockerConfig(env.REGISTRY_AUTH ?? '{"auths":{}}');
  const registries = createRegistries(config, caller, credentialOf);
  const hasty: Caller = { ...caller, retry: { ...caller.retry, ...PUBLIC_RETRY } };
  const trust = createEnvironmentTrust(env, config, caller);
  return {
    services: createServices(config, caller, registries, credentialOf, trust),
    telemetry: createTelemetry(console, env.METRICS),
    calls,
    idTokens: createIdTokenVerifier({ caller, issuer: config.oidc.issuer }),
    trust: trust.trust,
    publicRegistry: createRegistries(config, hasty, () => undefined),
    publicTarget: openBy(createRegistries(config, hasty, credentialOf)),
    publicBudget: createBudget(caller.now, PUBLIC_READS_PER_HOUR),
  };
}

/** One client a registry, kept, so that its bearer tokens are. */
function createRegistries(
  config: Config,
  caller: Caller,
  credentialOf: (host: string) => Credential | undefined,
): (host: string) => Registry {
  const kept = new Map<string, Registry>();
  return (host) => {
    const settings = config.registries.find((registry) => registry.host === host);
    if (!settings) throw new MergeError('NO_TARGET', `${host} is not a configured registry`);
    const credential = settings.anonymous ? undefined : credentialOf(host);
    const registry =
      kept.get(host) ??
      createRegistry({
        caller,
        host,
        origin: settings.origin,
        realms: settings.realms,
        ...(credential ? { credential } : {}),
      });
    kept.set(host, registry);
    return registry;
  };
}

/** Opens repositories by their full names, `host/name`. */
function openBy(registries: (host: string) => Registry): (name: string) => Repository {
  return (name) => {
    const slash = name.indexOf('/');
    return registries(name.slice(0, slash)).repository(name.slice(slash + 1));
  };
}

function createServices(
  config: Config,
  caller: Caller,
  registries: (host: string) => Registry,
  credentialOf: (host: string) => Credential | undefined,
  { trust, signing }: Trust,
): Services {
  const repository = openBy(registries);
  const isUsable = (host: string) =>
    credentialOf(host) !== undefined ||
    config.registries.some((registry) => registry.host === host && registry.anonymous);
  const targetsOf = new Map<ProjectConfig, readonly Target[]>();
  const referrersApis = new Map<string, { answer: Promise<boolean>; until: number; known?: boolean }>();
  return {
    config,
    caller,
    now: caller.now,
    repository,
    copyChunkBytes: config.copy_chunk_mebibytes * 1024 * 1024,
    targets: (project: ProjectConfig) => {
      const targets =
        targetsOf.get(project) ?? project.targets.map((target) => createTarget(target, repository, isUsable));
      targetsOf.set(project, targets);
      return targets;
    },
    policy: (name) => {
      const policy = config.policies.find((candidate) => candidate.name === name);
      if (!policy) throw new MergeError('NO_TARGET', `no policy "${name}"`);
      return policy;
    },
    signing,
    trust: async () => (await trust()).material,
    hasReferrersApi: (repository: Repository, probe: Digest) => {
      const known = referrersApis.get(repository.host);
      if (known && known.until > caller.now()) return known.answer;
      const answer = repository.hasReferrersApi(probe);
      const until = caller.now() + 3_600_000;
      referrersApis.set(repository.host, { answer, until });
      answer.then(
        (known) => referrersApis.set(repository.host, { answer, until, known }),
        () => referrersApis.delete(repository.host),
      );
      return answer;
    },
    needsFallbackTags: ({ host }) => referrersApis.get(host)?.known === false,
  };
}

function createTarget(
  target: ProjectConfig['targets'][number],
  repository: (name: string) => Repository,
  isUsable: (host: string) => boolean,
): Target {
  const host = target.repository.slice(0, target.repository.indexOf('/'));
  const source = target.source === undefined ? undefined : repository(target.source);
  return {
    repository: repository(target.repository),
    source,
    skipped: isUsable(host) ? undefined : `no credential for ${host}`,
  };
}

/** Documents of the configuration need no object; those that come by TUF are kept by one. */
function createEnvironmentTrust(env: Env, config: Config, { now }: Caller): Trust {
  const instance = chooseInstance(config.sigstore);
  if (instance.kind === 'documents') return createTrust({ instance, now });
  return createTrust({ instance, now, object: () => env.TRUST_ROOT.getByName(nameOfInstance(instance)) });
}
