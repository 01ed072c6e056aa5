import { describe, expect, it, vi } from 'vitest';
import { pushImage } from '../../../../src/lib/merge/steps/push.ts';
import type { StepContext } from '../../../../src/lib/merge/types.ts';
import type { ManifestHead } from '../../../../src/lib/oci/manifests.ts';
import { CHILDREN, contextOf, INDEX, makeRepository, targetOf } from './context.ts';

/** A registry that has the legs already, or none of them. */
function makeTargets(hasLegs: boolean) {
  const calls: string[] = [];
  const repository = makeRepository('registry.test/a/b', {
    headManifest: async (digest) => {
      calls.push(`HEAD ${digest}`);
      return hasLegs ? ({} as ManifestHead) : undefined;
    },
    pushManifest: async (digest) => {
      calls.push(`PUT ${digest}`);
    },
    pullManifest: async () => undefined,
  });
  const context = contextOf([targetOf(repository)], { services: { copyChunkBytes: 1 } as StepContext['services'] });
  return { calls, push: () => pushImage(context, targetOf(repository)) };
}

describe('pushImage', () => {
  it('writes the index by its digest, when every child is there', async () => {
    const { calls, push } = makeTargets(true);
    await push();
    expect(calls).toEqual([...CHILDREN.map(({ digest }) => `HEAD ${digest}`), `PUT ${INDEX}`]);
  });
  it('counts what had to be copied', async () => {
    expect(await makeTargets(true).push()).toEqual({ copied: 0 });
  });
  it('writes no index over a child that is nowhere', async () => {
    const { calls, push } = makeTargets(false);
    await expect(push()).rejects.toMatchObject({ code: 'SOURCE_GONE' });
    expect(calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });
  it('fails when the registry refuses the index', async () => {
    const refusal = new Error('refused');
    const repository = makeRepository('registry.test/a/b', {
      headManifest: async () => ({}) as ManifestHead,
      pushManifest: vi.fn().mockRejectedValue(refusal),
    });
    const context = contextOf([targetOf(repository)], { services: { copyChunkBytes: 1 } as StepContext['services'] });
    await expect(pushImage(context, targetOf(repository))).rejects.toBe(refusal);
  });
});
