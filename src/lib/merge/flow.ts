import { attachToTarget } from './steps/attach.ts';
import { inspectAnchors } from './steps/inspect.ts';
import { listBundle } from './steps/list.ts';
import { pushImage } from './steps/push.ts';
import { readSources } from './steps/read.ts';
import { releaseAnchors } from './steps/release.ts';
import { signImage } from './steps/sign.ts';
import { stageBundle } from './steps/stage.ts';
import { moveTags } from './steps/tag.ts';
import { verifyTarget } from './steps/verify.ts';
import type { StepContext, StepName, StepResults, Target } from './types.ts';

/**
 * The whole merge, in order: a step starts when those it comes after are done.
 *
 * `push` needs no signature, so it runs beside `sign` and `stage`; a tag comes only after its own target was verified, and
 * the anchors go only when every target is tagged, because each may heal another.
 */
export const FLOW: readonly FlowStep[] = [
  { name: 'read', per: 'merge', after: [], run: readSources },
  { name: 'sign', per: 'merge', after: ['read'], run: signImage },
  { name: 'push', per: 'target', after: ['read'], run: pushImage },
  { name: 'stage', per: 'target', after: ['sign'], run: stageBundle },
  { name: 'attach', per: 'target', after: ['stage', 'push'], run: attachToTarget },
  { name: 'list', per: 'target', after: ['attach'], run: listBundle },
  { name: 'verify', per: 'target', after: ['attach'], run: verifyTarget },
  { name: 'tag', per: 'target', after: ['list', 'verify'], run: moveTags },
  { name: 'inspect', per: 'merge', after: ['list', 'verify'], run: inspectAnchors },
  { name: 'release', per: 'merge', after: ['tag', 'inspect'], run: releaseAnchors },
];

type MergeStep = {
  [Name in StepName]: {
    name: Name;
    per: 'merge';
    after: readonly StepName[];
    run(context: StepContext): Promise<StepResults[Name]>;
  };
}[StepName];
type TargetStep = {
  [Name in StepName]: {
    name: Name;
    per: 'target';
    after: readonly StepName[];
    run(context: StepContext, target: Target): Promise<StepResults[Name]>;
  };
}[StepName];
export type FlowStep = MergeStep | TargetStep;

/** A step of one target, or of the merge as a whole (`target` is then ''). */
export interface Task {
  readonly step: StepName;
  readonly target: string;
}

/** How a task stands in the journal; a task without an entry was never begun. */
export interface JournalEntry extends Task {
  readonly state: 'running' | 'done' | 'failed';
  readonly started_at: number;
  readonly ended_at?: number;
  readonly result?: unknown;
  readonly failure?: Failure;
}

export interface Failure {
  readonly code: string;
  readonly detail: string;
  /** When to try again, milliseconds since the epoch; absent where a retry would not help. */
  readonly retry_at?: number;
  readonly tries: number;
}

/** The key of a task, for maps. */
export function taskKey(task: Task): string {
  return `${task.step} ${task.target}`;
}

/** Every task of the flow for these targets. */
export function tasksOf(targets: readonly string[]): Task[] {
  return FLOW.flatMap(({ name, per }): Task[] =>
    per === 'merge' ? [{ step: name, target: '' }] : targets.map((target) => ({ step: name, target })),
  );
}

/**
 * The tasks that may start now: not done, everything before them done, and no pause to wait out.
 *
 * A pure function of the journal: what a restart goes on with is what an undisturbed merge would have done.
 */
export function readyTasks(journal: readonly JournalEntry[], targets: readonly string[], now: number): Task[] {
  const entries = new Map(journal.map((entry) => [taskKey(entry), entry]));
  return tasksOf(targets).filter((task) => {
    const entry = entries.get(taskKey(task));
    if (entry?.state === 'done') return false;
    if (entry?.state === 'failed' && !(entry.failure?.retry_at !== undefined && entry.failure.retry_at <= now))
      return false;
    return isUnblocked(task, entries, targets);
  });
}

function isUnblocked(task: Task, entries: ReadonlyMap<string, JournalEntry>, targets: readonly string[]): boolean {
  const step = FLOW.find(({ name }) => name === task.step);
  return (step?.after ?? []).every((before) => {
    const perMerge = FLOW.some(({ name, per }) => name === before && per === 'merge');
    const needed = perMerge ? [''] : task.target === '' ? targets : [task.target];
    return needed.every((target) => entries.get(taskKey({ step: before, target }))?.state === 'done');
  });
}
