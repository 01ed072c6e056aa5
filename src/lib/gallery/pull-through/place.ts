import type { Config } from '../../config.ts';
import { isPublicRepository } from '../public-repository.ts';
import { findPolicy, type NamedPolicy } from '../request.ts';
import { PullThroughError } from './error.ts';

/** A repository that is passed on. */
export interface Place {
  /** The registry's host, as configured. */
  readonly host: string;
  /** The repository's name there. */
  readonly name: string;
  /** Read with our credentials: a target that says `public = true`. */
  readonly isPublic: boolean;
  /** Of the projects that publish there; one that is met is enough. */
  readonly policies: readonly NamedPolicy[];
  /** What fails is served all the same, and marked. */
  readonly warnOnly: boolean;
}

/** `host/name`. */
export function nameOfPlace({ host, name }: Pick<Place, 'host' | 'name'>): string {
  return `${host}/${name}`;
}

/**
 * Finds what `<alias or host>/<repository>` stands for: a target of a project, whose policy then holds.
 *
 * @param namespace - the host whose mirror we are, where a client says it: `name` is then the repository's alone
 * @see https://github.com/containerd/containerd/blob/v2.4.2/docs/hosts.md#registry-host-namespace
 * @throws {PullThroughError} NAME_UNKNOWN
 */
export function findPlace(config: Config, name: string, namespace?: string): Place {
  const place = placeBelow(config, name) ?? (namespace && placeBelow(config, `${namespace}/${name}`));
  if (!place) throw new PullThroughError('NAME_UNKNOWN', 'no project publishes to this repository');
  return place;
}

function placeBelow(config: Config, name: string): Place | undefined {
  const slash = name.indexOf('/');
  const registry = config.registries.find(({ host, alias }) => [alias, host].includes(name.slice(0, slash)));
  return registry && placeOf(config, `${registry.host}${name.slice(slash)}`);
}

/** The place of a repository by its full name, `host/name`; undefined where no project publishes there. */
export function placeOf(config: Config, fullName: string): Place | undefined {
  const projects = config.projects.filter(({ targets }) => targets.some(({ repository }) => repository === fullName));
  const names = new Set(projects.map(({ policy }) => policy));
  const policies = [...names].flatMap((policy) => findPolicy(config, policy) ?? []);
  if (policies.length === 0) return undefined;
  const slash = fullName.indexOf('/');
  return {
    host: fullName.slice(0, slash),
    name: fullName.slice(slash + 1),
    isPublic: isPublicRepository(config, fullName),
    policies,
    warnOnly: policies.every(({ policy }) => policy.mode === 'warn'),
  };
}
