import type { Journal } from './journal.ts';
import { projectOf } from './subject.ts';
import { tagsOf } from './tags.ts';
import type { MergeRecord, Services, StepResults } from './types.ts';
import { targetNames } from './work.ts';

/** A tag in a repository, `host/name`. */
export interface TagPlace {
  readonly repository: string;
  readonly tag: string;
}

/**
 * Everywhere that a merge may have moved a tag: what it computes now, of which a step that failed moved some, and what any
 * generation moved, perhaps under other rules; in each target that is used.
 *
 * @throws {MergeError} NO_TARGET; {TagError} TAG_INVALID, TAG_RULE_INVALID where today's rules give no valid tags
 */
export function tagPlacesOf(
  record: MergeRecord,
  journal: Pick<Journal, 'entries'>,
  services: Services,
): readonly TagPlace[] {
  const generations = Array.from({ length: record.generation }, (_, before) => before + 1);
  const moved = generations
    .flatMap((generation) => journal.entries(generation))
    .filter(({ step, state }) => step === 'tag' && state === 'done')
    .flatMap(({ result }) => (result as StepResults['tag']).tags.map(({ name }) => name));
  const tags = [...new Set([...tagsOf(projectOf(services, record.subject), record), ...moved])];
  return targetNames(services, record).flatMap((repository) => tags.map((tag) => ({ repository, tag })));
}
