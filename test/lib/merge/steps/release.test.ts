import { describe, expect, it } from 'vitest';
import { releaseAnchors } from '../../../../src/lib/merge/steps/release.ts';
import type { StepContext } from '../../../../src/lib/merge/types.ts';
import type { Digest } from '../../../../src/lib/oci/digest.ts';
import { OciError } from '../../../../src/lib/oci/error.ts';
import { digestOf } from '../make.ts';
import { contextOf, makeRepository, NOW, RESULTS, targetOf } from './context.ts';

const AMD64 = 'keepalive-4242-cpu-bar-amd64';
const ARM64 = 'keepalive-4242-cpu-bar-arm64';

/** A cache repository with tags, some of which are another merge's. */
function makeCache(tags: Readonly<Record<string, Digest>>, refuses = false) {
  const held = new Map(Object.entries(tags));
  const source = makeRepository('registry.test/a/cache', {
    headManifest: async (tag) => {
      const digest = held.get(tag);
      return digest ? { digest, mediaType: 'x/y', size: 1 } : undefined;
    },
    deleteTag: async (tag) => {
      if (refuses) throw new OciError('DENIED', 'status 403');
      return held.delete(tag) ? 'deleted' : 'absent';
    },
  });
  const target = targetOf(makeRepository('registry.test/a/b', {}), source);
  return { held, release: (changes: Partial<StepContext> = {}) => releaseAnchors(contextOf([target], changes)) };
}

describe('releaseAnchors', () => {
  it('removes exactly its own anchors', async () => {
    const longer = 'keepalive-4242-cpu-bar-mini-amd64';
    const { held, release } = makeCache({ [AMD64]: digestOf('a'), [ARM64]: digestOf('b'), [longer]: digestOf('a') });
    expect(await release()).toEqual({ released: 2 });
    expect([...held.keys()]).toEqual([longer]);
  });
  it('leaves an anchor that holds something else by now', async () => {
    const { held, release } = makeCache({ [AMD64]: digestOf('9'), [ARM64]: digestOf('b') });
    expect(await release()).toEqual({ released: 1 });
    expect([...held.keys()]).toEqual([AMD64]);
  });
  it('does nothing the second time', async () => {
    const { release } = makeCache({ [AMD64]: digestOf('a'), [ARM64]: digestOf('b') });
    await release();
    expect(await release()).toEqual({ released: 0 });
  });
  it('goes by what was seen a moment ago', async () => {
    const { held, release } = makeCache({ [AMD64]: digestOf('a'), [ARM64]: digestOf('b') });
    const inspect = { seen_at: NOW - 1_000, anchors: [{ repository: 'registry.test/a/cache', tag: ARM64 }] };
    expect(await release({ result: (() => inspect) as never })).toEqual({ released: 1 });
    expect([...held.keys()]).toEqual([AMD64]);
  });
  it('never fails a merge where the registry refuses', async () => {
    expect(await makeCache({ [AMD64]: digestOf('a') }, true).release()).toEqual({ released: 0 });
  });
  it('keeps them in shadow mode', async () => {
    const { held, release } = makeCache({ [AMD64]: digestOf('a') });
    await release({ project: { shadow: true } as StepContext['project'] });
    expect(held.size).toBe(1);
  });
  it('keeps them while a tag is held back, for the merge may need them again', async () => {
    const { held, release } = makeCache({ [AMD64]: digestOf('a') });
    const targetResult = (() => ({ ...RESULTS.tag, tags: [{ name: 'master', state: 'held' }] })) as never;
    await release({ targetResult });
    expect(held.size).toBe(1);
  });
});
