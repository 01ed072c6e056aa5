import type { Config, ProjectConfig } from '../config.ts';
import { nameOf } from '../merge/images/source.ts';
import type { Services } from '../merge/types.ts';
import type { Repository } from '../oci/repository.ts';
import type { ProjectRules } from './judge.ts';

const HOUR_MS = 3_600_000;
/** Anchors that others made are theirs for at least a week. */
const FOREIGN_AGE_MS = 168 * HOUR_MS;

/** What the projects that keep anchors in a repository want done with them. */
export interface RepositoryRules {
  /** By the project's name. One that is not configured any more has none. */
  readonly projects: ReadonlyMap<string, ProjectRules>;
  /** How old an anchor of others must be to be removed, in milliseconds; absent: it never is. */
  readonly foreignAgeMs: number | undefined;
  /** Whether it is only said what would be removed. */
  readonly dryRun: boolean;
  /** For how long the ledger knows an anchor that is gone, and an unknown project's is not abandoned, in milliseconds. */
  readonly retentionMs: number;
}

/** The repositories that hold anchors and may be written to, by their full names. */
export function anchorRepositories(services: Pick<Services, 'config' | 'targets'>): ReadonlyMap<string, Repository> {
  const sources = services.config.projects.flatMap((project) =>
    services.targets(project).flatMap(({ source, skipped }) => (source && skipped === undefined ? [source] : [])),
  );
  return new Map(sources.map((source) => [nameOf(source), source]));
}

/** The rules for one repository. Where several projects share it, one that forbids something has its way. */
export function rulesOf(config: Config, repository: string): RepositoryRules {
  const projects = config.projects.filter(({ targets }) => targets.some(({ source }) => source === repository));
  const retentionMs = config.retention_days * 24 * HOUR_MS;
  const isForeignAllowed = projects.some(({ keepalive_foreign }) => keepalive_foreign);
  const isShadowed = projects.some(({ shadow }) => shadow);
  return {
    projects: new Map(projects.map((project) => [project.name, rulesOfProject(project, retentionMs)])),
    foreignAgeMs:
      isForeignAllowed && !isShadowed
        ? Math.max(FOREIGN_AGE_MS, ...projects.map((project) => (project.keepalive_max_age_hours ?? 0) * HOUR_MS))
        : undefined,
    dryRun: projects.some(({ keepalive_dry_run }) => keepalive_dry_run),
    retentionMs,
  };
}

function rulesOfProject({ keepalive_max_age_hours, shadow }: ProjectConfig, retentionMs: number): ProjectRules {
  return { maxAgeMs: keepalive_max_age_hours ? keepalive_max_age_hours * HOUR_MS : retentionMs, shadow };
}
