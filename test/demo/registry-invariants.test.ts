import { describe, expect, it } from 'vitest';
import { type RunFacts, watchInvariants } from '../../demo/registry/invariants.ts';
import { CONFIG, digestOf, INDEX, image, manifestOf, openRegistry } from './registry-setup.ts';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
type Manifest = ReturnType<typeof manifestOf>;

const leg = (arch: string) => {
  const built = image({ annotations: { arch } });
  return { ...built, listed: { ...built.descriptor, platform: { os: 'linux', architecture: arch } } };
};
const [AMD64, ARM64] = [leg('amd64'), leg('arm64')];
const indexOf = (annotations: object, ...legs: (typeof AMD64)[]) =>
  manifestOf({ manifests: legs.map(({ listed }) => listed), annotations }, INDEX);
const WHOLE = indexOf({}, AMD64, ARM64);
const digestsOf = (...manifests: Manifest[]) => manifests.map(({ descriptor }) => descriptor.digest);
const runOf = (run_id: string, ...manifests: Manifest[]): RunFacts => ({
  run_id,
  run_attempt: 1,
  digests: digestsOf(...manifests),
});

/** A watched registry with both legs and indexes over them; a bundle is attached to what `attach` is told. */
async function watched(runs: ReadonlyMap<Manifest, RunFacts>, referrersApi = true) {
  const opened = await openRegistry({ referrersApi });
  const { call, registry } = opened;
  const push = async (reference: string, manifest: Manifest) => {
    const response = await opened.push(reference, manifest);
    if (response.status !== 201) throw new Error(await response.text());
  };
  let isTagged = false;
  const facts = new Map([...runs].map(([{ descriptor }, run]) => [descriptor.digest, run]));
  const watch = watchInvariants([registry], { runOf: (index) => facts.get(index), isTagged: () => isTagged });
  for (const one of [AMD64, ARM64, ...runs.keys()]) await push(one.descriptor.digest, one);
  const attach = async (named: readonly string[], ...subjects: Manifest[]) => {
    const statement = { subject: named.map((digest) => ({ digest: { sha256: digest.slice(7) } })) };
    const bundle = JSON.stringify({ dsseEnvelope: { payload: btoa(JSON.stringify(statement)) } });
    await call('POST', `blobs/uploads/?digest=${digestOf(bundle)}`, { body: bundle });
    const layers = [{ mediaType: BUNDLE, digest: digestOf(bundle), size: bundle.length }];
    const made = subjects.map(({ descriptor }) => image({ artifactType: BUNDLE, layers, subject: descriptor }));
    for (const one of made) await push(one.descriptor.digest, one);
    return made;
  };
  /** Writes fallback tags, as where the registry has no list. */
  const list = async (subjects: readonly Manifest[], manifests: readonly Manifest[]) => {
    for (const [at, { descriptor }] of subjects.entries())
      await push(descriptor.digest.replace(':', '-'), manifestOf({ manifests: [manifests[at]?.descriptor] }, INDEX));
  };
  const sign = (...subjects: Manifest[]) => attach(digestsOf(...subjects), ...subjects);
  const seen = async () => {
    await watch.settled();
    return watch.violations.map((problem) => problem.replaceAll(/sha256:[0-9a-f]+/g, '…'));
  };
  return { ...opened, push, attach, list, sign, seen, tagAll: () => (isTagged = true) };
}

const all = [WHOLE, AMD64, ARM64] as const;
const facts = new Map([[WHOLE, runOf('1', ...all)]]);

describe('watchInvariants', () => {
  describe('when all goes in its order', () => {
    it('says nothing', async () => {
      const { push, sign, seen } = await watched(facts);
      await sign(...all);
      await push('master', WHOLE);
      expect(await seen()).toEqual([]);
    });
    it('says nothing where bundles are in fallback tags', async () => {
      const { push, sign, list, seen } = await watched(facts, false);
      await list(all, await sign(...all));
      await push('master', WHOLE);
      expect(await seen()).toEqual([]);
    });
  });

  describe('when a tag is written too early', () => {
    const tooEarly = ['registry 0: master names … before it and all its children are signed'];
    it('misses the bundle of a child', async () => {
      const { push, attach, seen } = await watched(facts);
      await attach(digestsOf(...all), WHOLE, AMD64);
      await push('master', WHOLE);
      expect(await seen()).toEqual(tooEarly);
    });
    it('misses the fallback tag of a child', async () => {
      const { push, sign, list, seen } = await watched(facts, false);
      await list([WHOLE, AMD64], await sign(...all));
      await push('master', WHOLE);
      expect(await seen()).toEqual(tooEarly);
    });
    it('does not take several bundles for one', async () => {
      const { push, attach, seen } = await watched(facts);
      for (const [at, subject] of all.entries())
        await attach(digestsOf(...all.slice(at), ...all.slice(0, at)), subject);
      await push('master', WHOLE);
      expect(await seen()).toEqual(tooEarly);
    });
    it('does not take a bundle whose statement leaves a child out', async () => {
      const { push, attach, seen } = await watched(facts);
      await attach(digestsOf(WHOLE, AMD64), ...all);
      await push('master', WHOLE);
      expect(await seen()).toEqual([
        'registry 0: a/b:master is written, but no bundle names the index and all its children',
      ]);
    });
  });

  describe('when a tag is written to what it must not be', () => {
    it('knows an index of no run', async () => {
      const { push, seen } = await watched(facts);
      await push('master', indexOf({ by: 'hand' }, AMD64));
      expect(await seen()).toEqual(['registry 0: master names …, which no run made']);
    });
    it('knows an image that is no index', async () => {
      const { push, sign, seen } = await watched(new Map([[AMD64, runOf('1', AMD64)]]));
      await sign(AMD64);
      await push('master', AMD64);
      expect(await seen()).toEqual(['registry 0: master names …, which is no index']);
    });
  });

  describe('when a tag moves', () => {
    const newer = indexOf({ run: '2' }, AMD64, ARM64);
    const narrow = indexOf({ run: '3' }, AMD64);
    const runs = new Map([
      ...facts,
      [newer, runOf('10', newer, AMD64, ARM64)] as const,
      [narrow, runOf('11', narrow, AMD64)] as const,
    ]);
    const moved = async (...order: Manifest[]) => {
      const opened = await watched(runs);
      await opened.sign(...all);
      await opened.sign(newer, AMD64, ARM64);
      await opened.sign(narrow, AMD64);
      for (const index of order) await opened.push('master', index);
      return opened.seen();
    };
    it('may go to a newer run', async () => {
      expect(await moved(WHOLE, newer)).toEqual([]);
    });
    it('may not go back to an older one', async () => {
      expect(await moved(newer, WHOLE)).toEqual(['registry 0: master goes back to run 1, attempt 1']);
    });
    it('keeps the newest run in mind', async () => {
      expect(await moved(newer, WHOLE, WHOLE)).toHaveLength(2);
    });
    it('may not lose a platform', async () => {
      expect(await moved(WHOLE, narrow)).toEqual(['registry 0: master loses linux/arm64']);
    });
  });

  describe('when a bundle goes', () => {
    it('says which tag is signed no more', async () => {
      const { push, call, sign, seen } = await watched(facts);
      const [bundle] = await sign(...all);
      await push('master', WHOLE);
      await call('DELETE', `manifests/${bundle?.descriptor.digest}`);
      expect(await seen()).toEqual(['registry 0: master names …, which is signed no more']);
    });
    it('sees it lost from a fallback tag', async () => {
      const { push, sign, list, seen } = await watched(facts, false);
      await list(all, await sign(...all));
      await push('master', WHOLE);
      await list([AMD64], [ARM64]);
      expect(await seen()).toEqual(['registry 0: master names …, which is signed no more']);
    });
  });

  describe('when an anchor goes', () => {
    const early = ['registry 0: keepalive-1-cpu-amd64 is deleted before its tags are written'];
    it('may not go before the tags are written', async () => {
      const { push, call, seen } = await watched(facts);
      await push('keepalive-1-cpu-amd64', AMD64);
      await call('DELETE', 'manifests/keepalive-1-cpu-amd64');
      expect(await seen()).toEqual(early);
    });
    it('may not go along with its digest, either', async () => {
      const { push, call, seen } = await watched(facts);
      await push('keepalive-1-cpu-amd64', AMD64);
      await call('DELETE', `manifests/${AMD64.descriptor.digest}`);
      expect(await seen()).toEqual(early);
    });
    it('may go afterwards', async () => {
      const { push, call, seen, tagAll } = await watched(facts);
      await push('keepalive-1-cpu-amd64', AMD64);
      tagAll();
      await call('DELETE', 'manifests/keepalive-1-cpu-amd64');
      expect(await seen()).toEqual([]);
    });
  });

  describe('when a bundle is attached', () => {
    it('may name its run’s digests only', async () => {
      const { attach, seen } = await watched(facts);
      await attach([...digestsOf(...all), digestOf('stranger')], WHOLE);
      expect(await seen()).toEqual(["registry 0: a statement names …, which is not its run's"]);
    });
    it('must hold a statement', async () => {
      const { push, seen } = await watched(facts);
      const layer = { mediaType: BUNDLE, digest: digestOf(CONFIG), size: CONFIG.length };
      const bundle = image({ layers: [layer], subject: WHOLE.descriptor });
      await push(bundle.descriptor.digest, bundle);
      expect(await seen()).toEqual(['registry 0: … is no bundle of a statement']);
    });
  });
});
