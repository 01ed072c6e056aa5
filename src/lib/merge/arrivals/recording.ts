import type { ProjectConfig } from '../../config.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Directive, PlannedMerge } from '../../runs/types.ts';
import { MergeError } from '../error.ts';
import type { MergeRecord, RunSubject } from '../types.ts';
import {
  type Arrival,
  type ArrivalOutcome,
  compareArrival,
  type Expectation,
  joinExpectations,
  missingOf,
  type Report,
  SINGLE,
} from './arrival.ts';

/**
 * Which legs make a merge complete: what the plan, the configuration, this report or an earlier one says; a report
 * without a platform tag is complete by itself.
 *
 * @throws {MergeError} EXPECT_CONFLICT where two of them disagree
 */
export function expectationOf(
  project: Pick<ProjectConfig, 'expect'>,
  report: Report,
  planned: PlannedMerge | null,
  known: Expectation | undefined,
): Expectation | undefined {
  const configured = project.expect[report.tag_suffix];
  const said: (Expectation | undefined)[] = [
    planned ? { platform_tags: planned.platform_tags, authority: 'plan' } : undefined,
    configured ? { platform_tags: configured, authority: 'configuration' } : undefined,
    report.expect ? { platform_tags: report.expect, authority: 'report' } : undefined,
    // What the run says of its plan now is newer than what is recorded of it.
    planned && known?.authority === 'plan' ? undefined : known,
  ];
  const joined = said.reduce((left, right) => joinExpectations(left, right), undefined);
  return joined ?? (report.platform_tag === SINGLE ? { platform_tags: [SINGLE], authority: 'report' } : undefined);
}

/** Whether nothing is missing any more once this report is in. */
export function completes(
  before: MergeRecord | undefined,
  expectation: Expectation | undefined,
  report: Pick<Report, 'platform_tag'>,
): boolean {
  const arrived = (before?.arrivals ?? []).map(({ platform_tag }) => platform_tag);
  return missingOf(expectation, [...arrived, report.platform_tag])?.length === 0;
}

/** What a report is beside the record. @throws {MergeError} ARRIVAL_CONFLICT */
export function compareReport(record: MergeRecord | undefined, report: Report): Exclude<ArrivalOutcome, 'conflict'> {
  const recorded = record?.arrivals.find(({ platform_tag }) => platform_tag === report.platform_tag);
  const outcome = compareArrival(recorded, report);
  if (outcome !== 'conflict') return outcome;
  const { run_attempt, platform_tag } = report;
  throw new MergeError(
    'ARRIVAL_CONFLICT',
    `attempt ${run_attempt} already reported ${recorded?.digest} for ${platform_tag}`,
  );
}

/** The images that have arrived, with their attestations. */
export function imagesOf(record: MergeRecord | undefined): readonly Digest[] {
  return (record?.arrivals ?? []).flatMap(({ descriptors }) => descriptors.map(({ digest }) => digest));
}

/** A report that was checked against the registries, and what goes with it. */
export interface TakenReport {
  readonly subject: RunSubject;
  readonly report: Report;
  readonly arrival: Arrival;
  readonly expectation: Expectation | undefined;
  readonly directive: Directive;
  /** Whether a step of the present generation has begun. */
  readonly hasBegun: boolean;
}

/** The record with one more arrival; other bytes after work began make a new generation. */
export function joinReport(before: MergeRecord | undefined, taken: TakenReport): MergeRecord {
  const { subject, report, arrival, expectation, directive, hasBegun } = taken;
  const { planned, cancelled } = directive;
  const replaced = before?.arrivals.find(({ platform_tag }) => platform_tag === arrival.platform_tag);
  const generation = before?.generation ?? 1;
  return {
    subject,
    tag_suffix: report.tag_suffix,
    tag_latest: planned?.tag_latest ?? report.tag_latest ?? before?.tag_latest ?? 'auto',
    run_attempt: Math.max(before?.run_attempt ?? 0, report.run_attempt),
    generation: hasBegun && replaced?.digest !== arrival.digest ? generation + 1 : generation,
    ...(expectation ? { expectation } : {}),
    arrivals: [...(before?.arrivals ?? []).filter((other) => other !== replaced), arrival],
    narrow: planned?.narrow ?? false,
    cancelled,
    created_at: before?.created_at ?? arrival.arrived_at,
  };
}
