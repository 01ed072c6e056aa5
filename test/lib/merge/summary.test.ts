import { describe, expect, it } from 'vitest';
import type { MergeView } from '../../../src/lib/merge/state.ts';
import { summariseMerge, summariseRun } from '../../../src/lib/merge/summary.ts';
import { digestOf } from './make.ts';

const view: MergeView = {
  state: 'published',
  project: 'localai',
  run_id: '4242',
  run_attempt: 1,
  generation: 1,
  tag_suffix: '-cpu-bar',
  ref: 'refs/heads/master',
  sha: '5d0b549',
  expected: ['amd64'],
  missing: [],
  digest: digestOf('c'),
  arrivals: [{ platform_tag: 'amd64', platform: 'linux/amd64', digest: digestOf('a'), run_attempt: 1, arrived_at: '' }],
  targets: [
    { repository: 'quay.io/a/b', state: 'published', tags: [{ name: 'master-cpu-bar', state: 'moved' }] },
    { repository: 'docker.io/a/b', state: 'skipped', reason: 'no credential for docker.io', tags: [] },
  ],
  signature: { bundle_digest: digestOf('f'), log_index: '7', identity: 'https://github.com/a/b', signed_at: '' },
  steps: [],
};

describe('summariseMerge', () => {
  it('lists the tags of each registry', () => {
    expect(summariseMerge(view)).toContain('- `quay.io/a/b:master-cpu-bar` (moved)');
  });
  it('says which target was left out, and why', () => {
    expect(summariseMerge(view)).toContain('- `docker.io/a/b` skipped: no credential for docker.io');
  });
  it('lists the digest of each leg', () => {
    expect(summariseMerge(view)).toContain(`- amd64 (linux/amd64): \`${digestOf('a')}\``);
  });
  it('names the signer and the log entry', () => {
    expect(summariseMerge(view)).toContain('Signed by `https://github.com/a/b`, log index 7.');
  });
  it('leads to the page of the merge', () => {
    expect(summariseMerge(view, 'https://muster.test/merges/x')).toContain('[Watch it](https://muster.test/merges/x)');
  });
  it('names what is missing', () => {
    expect(summariseMerge({ ...view, state: 'waiting', missing: ['arm64'] })).toContain('Missing: arm64');
  });
});

describe('summariseRun', () => {
  it('counts the states and names what is missing', () => {
    const merge = {
      tag_suffix: '-x',
      state: 'waiting',
      missing: ['arm64'],
      expected: null,
      arrived: [],
      ref: '',
      sha: '',
      run_attempt: 1,
    } as const;
    const run = {
      project: 'p',
      run_id: '1',
      ref: null,
      sha: null,
      run_attempt: 1,
      planned: false,
      counts: { waiting: 1 },
      merges: [merge],
    };
    expect(summariseRun(run)).toContain('### Run 1: 1 waiting');
    expect(summariseRun(run)).toContain('| `-x` | waiting | arm64 |  |  |');
  });
  it('keeps a reason in its row', () => {
    const merges = [{ tag_suffix: '-x', state: 'failed', reason: 'a|b\nc' }];
    expect(summariseRun({ run_id: '1', merges })).toContain('| `-x` | failed |  | a\\|b c |  |');
  });
  it('names the index of what is published', () => {
    const merges = [{ tag_suffix: '-x', state: 'published', digest: digestOf('c') }];
    expect(summariseRun({ run_id: '1', merges })).toContain(`| \`${digestOf('c')}\` |`);
  });
});
