import type { ProjectConfig } from '../config.ts';
import { MergeError } from './error.ts';
import type { RunSubject, Services } from './types.ts';

/** The project of a run. @throws {MergeError} NO_TARGET where it is not configured any more */
export function projectOf({ config }: Pick<Services, 'config'>, subject: Pick<RunSubject, 'project'>): ProjectConfig {
  const project = config.projects.find(({ name }) => name === subject.project);
  if (!project) throw new MergeError('NO_TARGET', `the project "${subject.project}" is not configured any more`);
  return project;
}
