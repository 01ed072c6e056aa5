import type { StepContext, StepResults, Target } from '../../../../src/lib/merge/types.ts';
import type { Repository } from '../../../../src/lib/oci/repository.ts';
import { digestOf, makeRecord, makeTarget } from '../make.ts';

/** Milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 10, 2);
export const INDEX = digestOf('f');
export const CHILDREN = ['a', 'b'].map((letter) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(letter),
  size: 7,
  platform: { os: 'linux', architecture: letter === 'a' ? 'amd64' : 'arm64' },
}));

/** What the steps before have left in the journal. */
export const RESULTS: StepResults = {
  read: {
    bytes: Buffer.from('{"an":"index"}').toString('base64'),
    digest: INDEX,
    media_type: 'application/vnd.oci.image.index.v1+json',
    children: CHILDREN,
  },
  sign: {
    bundle: '{"a":"bundle"}',
    bundle_digest: digestOf('e'),
    log_index: '7',
    signed_at: Date.UTC(2026, 10, 1),
    identity: 'https://github.com/a/b',
  },
  push: { copied: 0 },
  stage: { size: 14 },
  attach: { bundles: { [INDEX]: digestOf('1') }, api: true },
  list: { written: 0 },
  verify: { discoverable: true },
  tag: { tags: [], discoverable: true },
  inspect: { seen_at: NOW - 60_000, anchors: [] },
  release: { released: 0 },
};

/** A repository that does only what a test says; anything else fails it. */
export function makeRepository(name: string, methods: Partial<Repository>): Repository {
  return { ...makeTarget(name).repository, ...methods } as Repository;
}

export function targetOf(repository: Repository, source?: Repository): Target {
  return { repository, source, skipped: undefined };
}

/** A context in which every earlier step is done, and that has only what a test gives it. */
export function contextOf(targets: readonly Target[], changes: Partial<StepContext> = {}): StepContext {
  return {
    record: makeRecord(),
    project: { shadow: false },
    tags: ['master-cpu-bar', 'sha-5d0b549-cpu-bar'],
    latestTags: [],
    targets,
    services: { now: () => NOW },
    result: (step: 'read' | 'sign' | 'inspect') => RESULTS[step],
    targetResult: (step: 'push' | 'attach' | 'verify' | 'tag') => RESULTS[step],
    ...changes,
  } as unknown as StepContext;
}
