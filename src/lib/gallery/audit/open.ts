import type { Config } from '../../config.ts';
import type { Now } from '../../http.ts';
import type { Registry } from '../../oci/registry.ts';
import type { Repository } from '../../oci/repository.ts';
import { type Budget, createBudget, withBudget } from '../budget.ts';
import { isPublicRepository } from '../public-repository.ts';

/** What an audit may ask of one registry: merges must not starve. */
const REQUESTS_PER_HOUR = 3000;
/** Docker Hub counts manifests that are pulled without credentials, 100 in six hours. HEAD is free. @see https://docs.docker.com/docker-hub/usage/pulls/ */
const HUB_MANIFESTS_PER_HOUR = 15;

export interface OpenOptions {
  readonly config: Config;
  readonly publicRegistry: (host: string) => Registry;
  readonly ownRepository: (name: string) => Repository;
  readonly now: Now;
}

/**
 * Opens repositories for an audit: read anonymously unless the configuration makes them public, and within what each
 * registry bears. A registry on loopback bears anything.
 */
export function createOpener(options: OpenOptions): (host: string, name: string) => Repository {
  const { config, publicRegistry, ownRepository, now } = options;
  const requests = createBudget(now, REQUESTS_PER_HOUR);
  const manifests = createBudget(now, HUB_MANIFESTS_PER_HOUR);
  return (host, name) => {
    const isPublic = isPublicRepository(config, `${host}/${name}`);
    const repository = isPublic ? ownRepository(`${host}/${name}`) : publicRegistry(host).repository(name);
    const origin = config.registries.find((registry) => registry.host === host)?.origin ?? '';
    if (origin.startsWith('http://')) return repository;
    const counted = withBudget(repository, requests);
    return host === 'docker.io' && !isPublic ? withManifestBudget(counted, manifests) : counted;
  };
}

function withManifestBudget(repository: Repository, budget: Budget): Repository {
  return {
    ...repository,
    pullManifest: async (reference) => {
      budget.spend(repository.host, 1);
      return repository.pullManifest(reference);
    },
  };
}
