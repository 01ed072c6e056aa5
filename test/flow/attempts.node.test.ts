import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, CORE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import { AT_ONCE, BUILDER, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 30_000);
afterAll(() => world?.close());

const legs = ([amd64, arm64]: readonly Image[]) => {
  if (!amd64 || !arm64) throw new Error('two legs');
  return { amd64, arm64 };
};
const children = async (repository: string, tag: string) => {
  const pulled = await world.clients[0]?.pull(repository, tag);
  const { manifests } = JSON.parse(pulled?.text ?? '{"manifests":[]}') as { manifests: { digest: string }[] };
  return manifests.map(({ digest }) => digest).sort();
};

describe('two siblings whose suffixes share a prefix', () => {
  it('publish exactly their own digests, though their reports are interleaved', async () => {
    const vllm = await world.push(BACKENDS, 'vllm');
    const omni = await world.push(BACKENDS, 'vllm-omni');
    const claims = { ...BUILDER, run_id: '500' };
    for (const at of [0, 1])
      for (const [suffix, images] of [['-cpu-vllm', vllm] as const, ['-cpu-vllm-omni', omni] as const])
        await world.report({ suffix, arch: images[at]?.arch ?? '', digest: images[at]?.digest ?? '', claims });
    expect(await world.finish('500')).toMatchObject({ status: 200 });
    expect(await children(BACKENDS, 'master-cpu-vllm')).toEqual(vllm.map(({ digest }) => digest).sort());
    expect(await children(BACKENDS, 'master-cpu-vllm-omni')).toEqual(omni.map(({ digest }) => digest).sort());
  });
});

describe('a run whose failed jobs are run again', () => {
  it('publishes with the legs that had arrived before', async () => {
    const { amd64, arm64 } = legs(await world.push(CORE, 'rerun'));
    const claims = { ...AT_ONCE, run_id: '600' };
    await world.report({ suffix: '-r', arch: 'amd64', digest: amd64.digest, claims });
    const answer = await world.report({
      suffix: '-r',
      arch: 'arm64',
      digest: arm64.digest,
      claims: { ...claims, run_attempt: '2' },
    });
    expect(answer).toMatchObject({ status: 200, body: { state: 'published', run_attempt: 2 } });
  });

  it('makes a new generation of a newer leg after publication', async () => {
    const { arm64 } = legs(await world.push(CORE, 'rerun, rebuilt'));
    const claims = { ...AT_ONCE, run_id: '600', run_attempt: '3' };
    const answer = await world.report({ suffix: '-r', arch: 'arm64', digest: arm64.digest, claims });
    expect(answer).toMatchObject({ status: 200, body: { state: 'published', generation: 2 } });
    expect(await children(CORE, 'master-r')).toContain(arm64.digest);
  });

  it('ignores an older attempt that arrives late', async () => {
    const { arm64 } = legs(await world.push(CORE, 'rerun'));
    const before = await world.tagged('master-r', CORE);
    const claims = { ...AT_ONCE, run_id: '600', run_attempt: '2' };
    expect(await world.report({ suffix: '-r', arch: 'arm64', digest: arm64.digest, claims })).toMatchObject({
      status: 200,
    });
    expect(await world.tagged('master-r', CORE)).toEqual(before);
  });
});

describe('an older run that finishes late', () => {
  it('is superseded, and moves no tag', async () => {
    const publish = async (run_id: string, title: string) => {
      const claims = { ...AT_ONCE, run_id };
      const { amd64, arm64 } = legs(await world.push(CORE, title));
      await world.report({ suffix: '-late', arch: 'amd64', digest: amd64.digest, claims });
      return world.report({ suffix: '-late', arch: 'arm64', digest: arm64.digest, claims });
    };
    const newer = await publish('702', 'newer');
    const older = await publish('701', 'older');
    expect(older).toMatchObject({ status: 200, body: { state: 'superseded' } });
    expect(await world.tagged('master-late', CORE)).toEqual([newer.body.digest, newer.body.digest]);
  });
});

describe('a merge that would narrow a tag', () => {
  it('is held, and says which platform would be lost', async () => {
    const { amd64, arm64 } = legs(await world.push(CORE, 'wide'));
    const claims = { ...AT_ONCE, run_id: '800' };
    await world.report({ suffix: '-n', arch: 'amd64', digest: amd64.digest, claims });
    const wide = await world.report({ suffix: '-n', arch: 'arm64', digest: arm64.digest, claims });
    const next = legs(await world.push(CORE, 'narrow')).amd64;
    const narrow = await world.report({
      suffix: '-n',
      arch: 'amd64',
      digest: next.digest,
      claims: { ...AT_ONCE, run_id: '801' },
      expect: ['amd64'],
    });
    expect(narrow).toMatchObject({ status: 422, body: { code: 'NARROWER' } });
    expect(narrow.body.reason).toContain('linux/arm64');
    expect(await world.tagged('master-n', CORE)).toEqual([wide.body.digest, wide.body.digest]);
  });
});

describe('a backend for one platform', () => {
  it('is wrapped in an index and published', async () => {
    const { amd64 } = legs(await world.push(CORE, 'single'));
    const answer = await world.call({
      method: 'POST',
      path: '/v1/arrivals',
      claims: { ...AT_ONCE, run_id: '900' },
      body: { tag_suffix: '-single', digest: amd64.digest },
    });
    expect(answer).toMatchObject({ status: 200, body: { state: 'published' } });
    expect(await children(CORE, 'master-single')).toEqual([amd64.digest]);
  });
});
