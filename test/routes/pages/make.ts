import type { MergeView } from '../../../src/lib/merge/state.ts';

export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A published merge of two legs on one registry. */
export function makeMerge(changes: Partial<MergeView> = {}): MergeView {
  const at = '2026-11-26T10:00:00.000Z';
  return {
    state: 'published',
    project: 'localai',
    run_id: '4242',
    run_attempt: 1,
    generation: 1,
    tag_suffix: '-cpu-vllm',
    ref: 'refs/tags/v1.2.3',
    sha: 'c0ffee',
    expected: ['amd64', 'arm64'],
    missing: [],
    digest: DIGEST,
    media_type: 'application/vnd.oci.image.index.v1+json',
    arrivals: ['amd64', 'arm64'].map((arch) => {
      return { platform_tag: arch, platform: `linux/${arch}`, digest: DIGEST, run_attempt: 1, arrived_at: at };
    }),
    targets: [{ repository: 'quay.io/a/b', state: 'published', tags: [{ name: 'v1.2.3-cpu-vllm', state: 'set' }] }],
    signature: {
      bundle_digest: DIGEST,
      log_index: '77',
      identity: 'https://github.com/a/b/x.yml@refs/tags/v1',
      signed_at: at,
    },
    steps: [
      { step: 'read', state: 'done', at, ms: 40 },
      { step: 'push', target: 'quay.io/a/b', state: 'done', at: '2026-11-26T10:00:00.040Z', ms: 160 },
    ],
    ...changes,
  };
}
