import type { Descriptor, Platform } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { MergeError } from '../error.ts';

/** The platform tag of a backend that is built for one platform only. */
export const SINGLE = 'single';

/** What a build job says: a leg of the backend is there. */
export interface Report {
  readonly tag_suffix: string;
  readonly platform_tag: string;
  readonly digest: Digest;
  readonly run_attempt: number;
  readonly expect?: readonly string[] | undefined;
  readonly tag_latest?: TagLatest | undefined;
}

export type TagLatest = 'auto' | 'true' | 'false';

/** A report that was checked against the registries. */
export interface Arrival {
  readonly platform_tag: string;
  readonly digest: Digest;
  readonly run_attempt: number;
  readonly media_type: string;
  /** `os/architecture/variant` of the image, null where it says none. */
  readonly platform: string | null;
  /** What the leg adds to the index: one descriptor, or those of the index that it is. */
  readonly descriptors: readonly Descriptor[];
  /** Milliseconds since the epoch. */
  readonly arrived_at: number;
}

export type ArrivalOutcome = 'new' | 'same' | 'older' | 'conflict';

/**
 * What a report is, beside what is already recorded for its platform tag: attempts of one run combine, the newest
 * counts, and within an attempt the first report stays.
 */
export function compareArrival(
  recorded: Pick<Arrival, 'digest' | 'run_attempt'> | undefined,
  report: Pick<Report, 'digest' | 'run_attempt'>,
): ArrivalOutcome {
  if (recorded === undefined) return 'new';
  if (report.run_attempt < recorded.run_attempt) return 'older';
  if (report.digest === recorded.digest) return report.run_attempt === recorded.run_attempt ? 'same' : 'new';
  return report.run_attempt === recorded.run_attempt ? 'conflict' : 'new';
}

export type Authority = 'plan' | 'configuration' | 'report';

/** Which legs make a backend complete, and who said so. */
export interface Expectation {
  readonly platform_tags: readonly string[];
  readonly authority: Authority;
}

const RANK: Record<Authority, number> = { report: 1, configuration: 2, plan: 3 };

/**
 * Joins what is known of the expected legs with what another authority says; the higher one counts.
 *
 * @throws {MergeError} EXPECT_CONFLICT where the two name different legs
 */
export function joinExpectations(
  known: Expectation | undefined,
  said: Expectation | undefined,
): Expectation | undefined {
  if (!known || !said) return known ?? said;
  const differs = sorted(known.platform_tags).join() !== sorted(said.platform_tags).join();
  const [low, high] = RANK[known.authority] < RANK[said.authority] ? [known, said] : [said, known];
  if (differs && !(low === known && said.authority === 'plan')) {
    throw new MergeError(
      'EXPECT_CONFLICT',
      `the ${low.authority} expects ${sorted(low.platform_tags).join(', ')}, the ${high.authority} ${sorted(high.platform_tags).join(', ')}`,
    );
  }
  return high;
}

/** The expected legs that have not arrived; null where nobody said which are expected. */
export function missingOf(expectation: Expectation | undefined, arrived: readonly string[]): readonly string[] | null {
  if (!expectation) return null;
  return sorted(expectation.platform_tags.filter((tag) => !arrived.includes(tag)));
}

function sorted(values: readonly string[]): string[] {
  return [...values].sort();
}

const KNOWN_PLATFORM_TAGS: Readonly<Record<string, string>> = {
  amd64: 'linux/amd64',
  arm64: 'linux/arm64',
  armv7: 'linux/arm/v7',
  '386': 'linux/386',
  ppc64le: 'linux/ppc64le',
  s390x: 'linux/s390x',
  riscv64: 'linux/riscv64',
};

/**
 * The platform that a platform tag stands for; undefined for `single`, which is any.
 *
 * @throws {MergeError} PLATFORM_TAG_UNKNOWN
 */
export function platformOfTag(tag: string, configured: Readonly<Record<string, string>>): Platform | undefined {
  if (tag === SINGLE) return undefined;
  const text = configured[tag] ?? KNOWN_PLATFORM_TAGS[tag];
  if (text === undefined) {
    throw new MergeError('PLATFORM_TAG_UNKNOWN', `platform_tag "${tag}" needs an entry in the project's platforms`);
  }
  return parsePlatform(text);
}

/** The tag that keeps a leg from garbage collection until it is published. */
export function anchorTag(runId: string, tagSuffix: string, platformTag: string): string {
  return `keepalive-${runId}${tagSuffix === '' ? '-core' : tagSuffix}-${platformTag}`;
}
