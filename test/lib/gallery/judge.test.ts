import { Verifier } from '@sigstore/verify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBundleReader, createJudge } from '../../../src/lib/gallery/judge.ts';
import { createLocalAiJudge } from '../../../src/lib/gallery/localai.ts';
import type { Policy } from '../../../src/lib/sigstore/policy.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { DIGEST, dsse, dsseRoot, edit, message, POLICY } from '../sigstore/setup.ts';
import { FakeRepository } from './fake-repository.ts';

const signature = vi.spyOn(Verifier.prototype, 'verify');
afterEach(() => signature.mockClear());

/** A bundle that is attached to three images, and judges with real cryptography. */
async function setUp(bundle: object, policy: Policy = POLICY) {
  const fake = new FakeRepository();
  const layer = await fake.addBlob(JSON.stringify(bundle));
  const images = await Promise.all(['amd64', 'arm64', 'arm'].map((architecture) => fake.addImage(architecture)));
  const { repository } = fake;
  const trust = parseTrustedRoot(dsseRoot);
  const judging = { repository, policy, trust, requireCosignPredicate: false, read: createBundleReader(repository) };
  const ours = createJudge(judging);
  return { fake, layer, images, judging, ours, theirs: createLocalAiJudge(ours, judging) ?? ours };
}

describe('createBundleReader', () => {
  const padded = (at: number, size = 1000 * 1024) => JSON.stringify({ at, padding: 'x'.repeat(size) });
  it('reads 4 MiB of bundles, and no more', async () => {
    const fake = new FakeRepository();
    const read = createBundleReader(fake.repository);
    for (let at = 0; at < 4; at += 1)
      expect(await read(await fake.addBlob(padded(at)))).toMatchObject({ json: { at } });
    await expect(read(await fake.addBlob(padded(4)))).rejects.toMatchObject({ code: 'BUNDLE_MALFORMED' });
  });
  it('counts none that is longer than is read at all', async () => {
    const fake = new FakeRepository();
    const read = createBundleReader(fake.repository);
    await expect(read(await fake.addBlob(padded(0, 5000 * 1024)))).rejects.toMatchObject({ code: 'BUNDLE_MALFORMED' });
    expect(await read(await fake.addBlob(padded(1)))).toMatchObject({ json: { at: 1 } });
  });
});

describe('createJudge', () => {
  describe('when a bundle does not pass', () => {
    it.each([
      ['a statement of something else', 'SUBJECT_MISMATCH', dsse],
      ['a statement that is not signed', 'SIGNATURE_INVALID', edit(dsse, 'dsseEnvelope.signatures.0.sig', 'AAAA')],
      ['a plain signature of something else', 'SIGNATURE_INVALID', message],
    ])('verifies its signature once for all subjects and for LocalAI: %s', async (_, code, bundle) => {
      const { layer, images, ours, theirs } = await setUp(bundle);
      for (const image of images)
        for (const judge of [ours, theirs])
          expect(await judge(layer, { digest: image.digest })).toMatchObject({ ok: false, code });
      expect(signature).toHaveBeenCalledTimes(1);
    });
    it('refuses a plain signature of a manifest that is gone', async () => {
      const { fake, layer, images, ours } = await setUp(message);
      fake.manifests.clear();
      for (const { digest } of images)
        expect(await ours(layer, { digest })).toMatchObject({ ok: false, code: 'SIGNATURE_INVALID' });
    });
    it('verifies its signature once for several policies', async () => {
      const { layer, judging, ours } = await setUp(dsse);
      const other = createJudge({ ...judging, policy: { ...POLICY, identity: 'x' } });
      expect(await other(layer, { digest: DIGEST })).toMatchObject({ code: 'IDENTITY_MISMATCH' });
      expect(await ours(layer, { digest: DIGEST })).toMatchObject({ ok: true });
      expect(signature).toHaveBeenCalledTimes(1);
    });
  });
});
