import type { Outcome } from '../outcome.ts';
import { missingOf } from './arrivals/arrival.ts';
import { type JournalEntry, taskKey, tasksOf } from './flow.ts';
import { nameOf } from './images/source.ts';
import type { MergeRecord, StepResults, TagOutcome, Target } from './types.ts';

export type MergeState =
  | 'waiting'
  | 'needs_token'
  | 'merging'
  | 'retrying'
  | 'published'
  | 'superseded'
  | 'failed'
  | 'cancelled';

/** What the Merge object answers a caller. */
export type MergeOutcome = Outcome<MergeView>;

/** A merge as callers see it, with what is known so far. */
export interface MergeView {
  readonly state: MergeState;
  readonly project: string;
  readonly run_id: string;
  readonly run_attempt: number;
  readonly generation: number;
  readonly tag_suffix: string;
  readonly ref: string;
  readonly sha: string;
  readonly expected: readonly string[] | null;
  readonly missing: readonly string[] | null;
  /** When the missing legs are late. */
  readonly deadline?: string;
  readonly overdue?: boolean;
  readonly reason?: string;
  readonly code?: string;
  /** Milliseconds since the epoch. */
  readonly retry_at?: number;
  readonly digest?: string;
  readonly media_type?: string;
  readonly arrivals: readonly {
    readonly platform_tag: string;
    readonly platform: string | null;
    readonly digest: string;
    readonly run_attempt: number;
    readonly arrived_at: string;
  }[];
  readonly targets: readonly TargetView[];
  readonly signature?: {
    readonly bundle_digest: string;
    readonly log_index: string;
    readonly identity: string;
    readonly signed_at: string;
  };
  readonly steps: readonly StepView[];
}

export interface TargetView {
  readonly repository: string;
  readonly state: 'waiting' | 'merging' | 'retrying' | 'published' | 'failed' | 'skipped';
  readonly reason?: string;
  readonly discoverable?: boolean;
  readonly tags: readonly TagOutcome[];
}

export interface StepView {
  readonly step: string;
  readonly target?: string;
  readonly state: string;
  readonly at: string;
  readonly ms?: number;
  readonly detail?: string;
}

/** The reason of `needs_token` where no token was refused. */
export const NO_TOKEN = 'no Sigstore-Token was sent, or it is gone; send the report or the finishing call again';

/** Everything about a merge that a caller may see, from what is stored. */
export function viewMerge(
  record: MergeRecord,
  journal: readonly JournalEntry[],
  targets: readonly Target[],
  hasIdentity: boolean,
): MergeView {
  const entries = new Map(journal.map((entry) => [taskKey(entry), entry]));
  const done = <Name extends keyof StepResults>(step: Name, target = ''): StepResults[Name] | undefined => {
    const entry = entries.get(taskKey({ step, target }));
    return entry?.state === 'done' ? (entry.result as StepResults[Name]) : undefined;
  };
  const read = done('read');
  const sign = done('sign');
  const views = targets.map((target) => viewTarget(target, entries));
  const missing = missingOf(
    record.expectation,
    record.arrivals.map((arrival) => arrival.platform_tag),
  );
  const standing = standingOf(record, entries, views, missing, hasIdentity);
  return {
    ...standing,
    project: record.subject.project,
    run_id: record.subject.run_id,
    run_attempt: record.run_attempt,
    generation: record.generation,
    tag_suffix: record.tag_suffix,
    ref: record.subject.ref,
    sha: record.subject.sha,
    expected: record.expectation?.platform_tags ?? null,
    missing,
    ...(read ? { digest: read.digest, media_type: read.media_type } : {}),
    arrivals: record.arrivals.map(({ platform_tag, platform, digest, run_attempt, arrived_at }) => ({
      platform_tag,
      platform,
      digest,
      run_attempt,
      arrived_at: iso(arrived_at),
    })),
    targets: views,
    ...(sign
      ? {
          signature: {
            bundle_digest: sign.bundle_digest,
            log_index: sign.log_index,
            identity: sign.identity,
            signed_at: iso(sign.signed_at),
          },
        }
      : {}),
    steps: journal.map(viewStep),
  };
}

type Entries = ReadonlyMap<string, JournalEntry>;
type Standing = Pick<MergeView, 'state' | 'reason' | 'code' | 'retry_at'>;

/** What the merge as a whole waits for; the first that applies, in the order a caller cares about. */
function standingOf(
  record: MergeRecord,
  entries: Entries,
  targets: readonly TargetView[],
  missing: readonly string[] | null,
  hasIdentity: boolean,
): Standing {
  if (record.cancelled) return { state: 'cancelled' };
  if (missing === null) return { state: 'waiting', reason: 'nobody has said which legs are expected' };
  if (missing.length > 0) return { state: 'waiting' };
  const used = targets.filter(({ state }) => state !== 'skipped');
  if (used.length === 0) return { state: 'failed', code: 'NO_TARGET', reason: 'every target is skipped' };
  if (used.every(({ state }) => state === 'published')) return publishedStanding(used);
  const failures = [...entries.values()].flatMap((entry) =>
    entry.state === 'failed' && entry.failure ? [{ ...entry.failure, step: entry.step }] : [],
  );
  const final = failures.find(({ retry_at, code }) => retry_at === undefined && code !== 'NEEDS_TOKEN');
  if (final) return { state: 'failed', code: final.code, reason: final.detail };
  const signed = entries.get(taskKey({ step: 'sign', target: '' }))?.state === 'done';
  if (!signed && !hasIdentity) return { state: 'needs_token', reason: record.token_refused ?? NO_TOKEN };
  const pausing = failures.filter(({ retry_at }) => retry_at !== undefined);
  const [first] = pausing;
  if (first) {
    const retry_at = Math.min(...pausing.map(({ retry_at }) => retry_at ?? Number.MAX_SAFE_INTEGER));
    return { state: 'retrying', code: first.code, reason: first.detail, retry_at };
  }
  return { state: 'merging' };
}

/** An older run that finished late is superseded; it is no failure. */
function publishedStanding(targets: readonly TargetView[]): Standing {
  const tags = targets.flatMap((target) => target.tags);
  const held = tags.find(({ state }) => state === 'held');
  if (held) return { state: 'failed', code: 'NARROWER', reason: held.reason ?? `${held.name} was held` };
  return { state: tags.length > 0 && tags.every(({ state }) => state === 'superseded') ? 'superseded' : 'published' };
}

function viewTarget(target: Target, entries: Entries): TargetView {
  const repository = nameOf(target.repository);
  if (target.skipped !== undefined) return { repository, state: 'skipped', reason: target.skipped, tags: [] };
  const own = [...entries.values()].filter((entry) => entry.target === repository);
  const tag = own.find((entry) => entry.step === 'tag' && entry.state === 'done');
  const verify = own.find((entry) => entry.step === 'verify' && entry.state === 'done');
  const discoverable = verify ? { discoverable: (verify.result as StepResults['verify']).discoverable } : {};
  if (tag) return { repository, state: 'published', ...(tag.result as StepResults['tag']) };
  const failed = own.find((entry) => entry.state === 'failed');
  if (failed?.failure) {
    const state = failed.failure.retry_at === undefined ? 'failed' : 'retrying';
    return { repository, state, reason: `${failed.failure.code}: ${failed.failure.detail}`, tags: [] };
  }
  return { repository, state: own.length > 0 ? 'merging' : 'waiting', ...discoverable, tags: [] };
}

/** What a caller is told whose patience may have ended before the work. */
export function outOfPatience(view: MergeView): MergeView {
  return view.state === 'merging'
    ? { ...view, state: 'retrying', reason: 'still at work; it goes on by itself' }
    : view;
}

/** A journal entry as a caller sees it. */
export function viewStep(entry: JournalEntry): StepView {
  return {
    step: entry.step,
    ...(entry.target === '' ? {} : { target: entry.target }),
    state: entry.state,
    at: iso(entry.started_at),
    ...(entry.ended_at === undefined ? {} : { ms: entry.ended_at - entry.started_at }),
    ...(entry.failure ? { detail: `${entry.failure.code}: ${entry.failure.detail}` } : {}),
  };
}

/** Whether every task of the flow is done. */
export function isFinished(journal: readonly JournalEntry[], targets: readonly string[]): boolean {
  const done = new Set(journal.filter(({ state }) => state === 'done').map(taskKey));
  return tasksOf(targets).every((task) => done.has(taskKey(task)));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
