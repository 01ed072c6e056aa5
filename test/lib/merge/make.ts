import type { JournalEntry, Task } from '../../../src/lib/merge/flow.ts';
import type { MergeRecord, Target } from '../../../src/lib/merge/types.ts';
import type { Digest } from '../../../src/lib/oci/digest.ts';
import type { Repository } from '../../../src/lib/oci/repository.ts';

/** A digest that is easy to tell from another: the letter, 64 times. */
export function digestOf(letter: string): Digest {
  return `sha256:${letter.repeat(64)}` as Digest;
}

/** A record in which both legs have arrived. */
export function makeRecord(changes: Partial<MergeRecord> = {}): MergeRecord {
  return {
    subject: {
      project: 'localai',
      run_id: '4242',
      ref: 'refs/heads/master',
      sha: '5d0b549049d4f2f7f2a4e1cb4a6f2c0b3c0f1a2b',
      event_name: 'push',
      repository: 'mudler/LocalAI',
    },
    tag_suffix: '-cpu-bar',
    tag_latest: 'auto',
    run_attempt: 1,
    generation: 1,
    expectation: { platform_tags: ['amd64', 'arm64'], authority: 'report' },
    arrivals: [makeArrival('amd64', 'a'), makeArrival('arm64', 'b')],
    narrow: false,
    cancelled: false,
    created_at: 1_000,
    ...changes,
  };
}

export function makeArrival(platformTag: string, letter: string): MergeRecord['arrivals'][number] {
  return {
    platform_tag: platformTag,
    digest: digestOf(letter),
    run_attempt: 1,
    media_type: 'application/vnd.oci.image.manifest.v1+json',
    platform: `linux/${platformTag}`,
    descriptors: [],
    arrived_at: 1_000,
  };
}

/** A target of which only the name matters. */
export function makeTarget(name: string, skipped?: string): Target {
  const slash = name.indexOf('/');
  const repository = { host: name.slice(0, slash), name: name.slice(slash + 1) } as Repository;
  return { repository, source: undefined, skipped };
}

export function done(task: Task, result: unknown = {}): JournalEntry {
  return { ...task, state: 'done', started_at: 1_000, ended_at: 1_010, result };
}

export function failed(task: Task, code: string, retryAt?: number): JournalEntry {
  const failure = {
    code,
    detail: `it says ${code}`,
    tries: 1,
    ...(retryAt === undefined ? {} : { retry_at: retryAt }),
  };
  return { ...task, state: 'failed', started_at: 1_000, ended_at: 1_010, failure };
}
