import { describe, expect, it, vi } from 'vitest';
import { moveTags } from '../../../../src/lib/merge/steps/tag.ts';
import type { Locks, StepContext, TagMove, TagOutcome } from '../../../../src/lib/merge/types.ts';
import type { Digest } from '../../../../src/lib/oci/digest.ts';
import { digestOf, makeRecord } from '../make.ts';
import { CHILDREN, contextOf, INDEX, makeRepository, RESULTS, targetOf } from './context.ts';

/** Tags of one registry, and the locks that move them. */
function makeTags({ present, listed = [] }: { readonly present?: Digest; readonly listed?: readonly Digest[] } = {}) {
  const moves: TagMove[] = [];
  const listByApi = vi.fn(async () => listed.map((digest) => ({ digest })));
  const repository = makeRepository('registry.test/a/b', {
    headManifest: async () => (present ? { digest: present, mediaType: 'x/y', size: 1 } : undefined),
    listByApi: listByApi as never,
  });
  const locks = {
    moveTag: async (move: TagMove): Promise<TagOutcome> => {
      moves.push(move);
      return { name: move.tag, state: 'set' };
    },
  } as Locks;
  const target = targetOf(repository);
  const move = (changes: Partial<StepContext> = {}) => moveTags(contextOf([target], { locks, ...changes }), target);
  return { moves, move, listByApi };
}

describe('moveTags', () => {
  it('moves every tag to the index, under its own lock', async () => {
    const { moves, move } = makeTags();
    await move();
    expect(moves.map(({ repository, tag, digest }) => [repository, tag, digest])).toEqual([
      ['registry.test/a/b', 'master-cpu-bar', INDEX],
      ['registry.test/a/b', 'sha-5d0b549-cpu-bar', INDEX],
    ]);
  });
  it('says of which run it is, and what platforms it has', async () => {
    const { moves, move } = makeTags();
    await move({ record: makeRecord({ run_attempt: 3, narrow: true }) });
    expect(moves[0]).toMatchObject({
      run_id: '4242',
      run_attempt: 3,
      ref: 'refs/heads/master',
      narrow: true,
      platforms: ['linux/amd64', 'linux/arm64'],
    });
  });
  it('says which tags are to name the latest version', async () => {
    const { moves, move } = makeTags();
    await move({ tags: ['v1-gpu', 'gpu-latest'], latestTags: ['gpu-latest'] });
    expect(moves.map(({ is_latest }) => is_latest)).toEqual([false, true]);
  });
  it('does not count an attestation’s platform', async () => {
    const { moves, move } = makeTags();
    const [first] = CHILDREN;
    const attestation = { ...first, platform: undefined };
    await move({ result: (() => ({ ...RESULTS.read, children: [first, attestation] })) as StepContext['result'] });
    expect(moves[0]?.platforms).toEqual(['linux/amd64']);
  });

  describe('when a list did not show the bundle before', () => {
    const targetResult = ((step: 'attach' | 'verify') =>
      step === 'verify' ? { discoverable: false } : RESULTS[step]) as StepContext['targetResult'];
    it('looks once more', async () => {
      const { move } = makeTags({ listed: [digestOf('1')] });
      expect(await move({ targetResult })).toMatchObject({ discoverable: true });
    });
    it('says that it is still not there', async () => {
      const { move, listByApi } = makeTags({ listed: [digestOf('2')] });
      expect(await move({ targetResult })).toMatchObject({ discoverable: false });
      expect(listByApi).toHaveBeenCalledTimes(1);
    });
  });

  describe('in shadow mode', () => {
    const project = { shadow: true } as StepContext['project'];
    it('moves nothing', async () => {
      const { moves, move } = makeTags({ present: INDEX });
      await move({ project });
      expect(moves).toEqual([]);
    });
    it('says that a tag holds our very index', async () => {
      const { move } = makeTags({ present: INDEX });
      expect((await move({ project })).tags[0]).toEqual({ name: 'master-cpu-bar', state: 'matches' });
    });
    it('says what a tag holds instead', async () => {
      const { move } = makeTags({ present: digestOf('9') });
      const [first] = (await move({ project })).tags;
      expect(first).toEqual({ name: 'master-cpu-bar', state: 'differs', reason: `it holds ${digestOf('9')}` });
    });
    it('says that a tag is not there', async () => {
      expect((await makeTags().move({ project })).tags[0]).toMatchObject({ state: 'differs' });
    });
  });
});
