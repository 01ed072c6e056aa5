import type { Config } from '../config.ts';

/**
 * Whether a repository may be read with Muster's own credentials for anybody: only where a target says `public = true`.
 *
 * @param name `host/repository`
 */
export function isPublicRepository({ projects }: Pick<Config, 'projects'>, name: string): boolean {
  return projects.some(({ targets }) => targets.some((target) => target.public && target.repository === name));
}
