import type { ProjectConfig } from '../config.ts';
import type { VerifiedBundles } from '../gallery/judge.ts';
import { FLOW, type JournalEntry, type Task, taskKey } from './flow.ts';
import type { Presence } from './images/presence.ts';
import { nameOf } from './images/source.ts';
import type { UploadJournal } from './images/uploads.ts';
import type { Lender } from './signing/lender.ts';
import { latestTagsOf, tagsOf } from './tags.ts';
import type { Locks, MergeRecord, Services, StepContext, StepResults, Target } from './types.ts';

export interface TaskSurroundings {
  readonly record: MergeRecord;
  readonly project: ProjectConfig;
  readonly services: Services;
  readonly locks: Locks;
  readonly lender: Lender;
  readonly uploads: UploadJournal;
  readonly presence: Presence;
  readonly verified: VerifiedBundles;
}

/** Runs one task of the flow with what the journal holds from those before it. */
export async function runTask(
  task: Task,
  surroundings: TaskSurroundings,
  journal: readonly JournalEntry[],
): Promise<unknown> {
  const step = FLOW.find(({ name }) => name === task.step);
  const context = createContext(surroundings, journal);
  if (step?.per === 'merge') return step.run(context);
  const target = context.targets.find(({ repository }) => nameOf(repository) === task.target);
  if (!step || !target) throw new Error(`no step ${task.step} for ${task.target}`);
  return step.run(context, target);
}

function createContext(
  { record, project, services, locks, lender, uploads, presence, verified }: TaskSurroundings,
  journal: readonly JournalEntry[],
): StepContext {
  const entries = new Map(journal.map((entry) => [taskKey(entry), entry]));
  const resultOf = <Name extends keyof StepResults>(step: Name, target: string): StepResults[Name] => {
    const entry = entries.get(taskKey({ step, target }));
    if (entry?.state !== 'done') throw new Error(`${step} ${target} is not done`);
    return entry.result as StepResults[Name];
  };
  return {
    record,
    project,
    services,
    locks,
    tags: tagsOf(project, record),
    latestTags: latestTagsOf(project, record),
    targets: services.targets(project),
    sign: (digests) => lender.sign(digests),
    uploads,
    presence,
    verified,
    result: (step) => resultOf(step, ''),
    targetResult: (step, target: Target) => resultOf(step, nameOf(target.repository)),
  };
}
