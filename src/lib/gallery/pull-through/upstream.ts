import type { Registry } from '../../oci/registry.ts';
import type { Repository } from '../../oci/repository.ts';
import { type Budget, withBudget } from '../budget.ts';
import { nameOfPlace, type Place } from './place.ts';

export interface UpstreamOptions {
  /** A registry read without credentials. */
  readonly publicRegistry: (host: string) => Registry;
  /** `host/name`, read with our credentials. */
  readonly ownRepository: (name: string) => Repository;
  readonly budget: Budget;
}

/** The repository that a place stands for: read anonymously unless the configuration makes it public, and counted. */
export function openUpstream(options: UpstreamOptions, place: Place): Repository {
  const { publicRegistry, ownRepository, budget } = options;
  const repository = place.isPublic
    ? ownRepository(nameOfPlace(place))
    : publicRegistry(place.host).repository(place.name);
  return withBudget(repository, budget);
}
