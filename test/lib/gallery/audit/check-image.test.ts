import { describe, expect, it } from 'vitest';
import { checkImage } from '../../../../src/lib/gallery/audit/check-image.ts';
import { HttpError } from '../../../../src/lib/http-error.ts';
import type { Policy } from '../../../../src/lib/sigstore/policy.ts';
import type { TrustRootMaterial } from '../../../../src/lib/sigstore/trusted-root.ts';
import { createFakeVerify, FakeRepository } from '../fake-repository.ts';

const POLICY: Policy = { issuer: 'i', identity: 's', source_repository_id: '1', not_before: '2030-01-01T00:00:00Z' };
const OLD = '2020-01-01T00:00:00.000Z';
const NEW = '2026-01-01T00:00:00.000Z';

/** An image without an index; bundles say when they were signed, by one or more verified times. */
async function setUp() {
  const fake = new FakeRepository();
  const image = await fake.addImage('arm64');
  const { verify } = createFakeVerify();
  const check = async () => {
    const found = await checkImage({
      repository: fake.repository,
      reference: image.digest,
      policy: POLICY,
      trust: {} as TrustRootMaterial,
      verify: (asked) => {
        const { times = [NEW] } = asked.bundle as { times?: string[] };
        return { ...verify(asked), timestamps: times.map((time) => ({ type: 't', time })) };
      },
    });
    return found.found ? found.subjects[0] : undefined;
  };
  const attach = (bundle: object = {}) => fake.attach(image, { subjects: [image.digest], ...bundle });
  return { fake, image, check, attach };
}

describe('checkImage', () => {
  it("tells the config's platform of an image without an index", async () => {
    const { check, attach } = await setUp();
    await attach();
    expect(await check()).toMatchObject({ platform: 'linux/arm64' });
  });

  it('applies no cut-off, and tells the earliest verified time', async () => {
    const { check, attach } = await setUp();
    await attach({ times: [NEW, OLD] });
    expect(await check()).toMatchObject({ policy: { signed_at: OLD }, localai: { signed_at: OLD } });
  });

  it('tells of several that pass the youngest, and the first for LocalAI', async () => {
    const { check, attach } = await setUp();
    await attach({ times: [OLD] });
    await attach({ times: [NEW] });
    expect(await check()).toMatchObject({ policy: { signed_at: NEW }, localai: { signed_at: OLD } });
  });

  it('passes what one of several bundles passes, though LocalAI would read another', async () => {
    const { check, attach } = await setUp();
    await attach({ refused: 'SIGNATURE_INVALID' });
    await attach();
    expect(await check()).toMatchObject({ policy: { signed_at: NEW }, localai: { code: 'SIGNATURE_INVALID' } });
  });

  it('refuses what misses our pins, though LocalAI knows none', async () => {
    const { check, attach } = await setUp();
    await attach({ unpinned: true });
    expect(await check()).toMatchObject({ policy: { code: 'IDENTITY_MISMATCH' }, localai: { signed_at: NEW } });
  });

  it('tells the refusal that got furthest', async () => {
    const { check, attach } = await setUp();
    await attach({ refused: 'IDENTITY_MISMATCH' });
    await attach({ refused: 'SIGNATURE_INVALID' });
    expect(await check()).toMatchObject({ policy: { code: 'IDENTITY_MISMATCH' } });
  });

  it('finds a legacy signature', async () => {
    const { check, fake, image } = await setUp();
    await fake.attachManifest(image, { artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' });
    expect(await check()).toMatchObject({
      policy: { code: 'SIGNATURE_LEGACY' },
      localai: { code: 'SIGNATURE_MISSING' },
    });
  });

  it("gives no result where LocalAI's first bundle cannot be read, though another passes", async () => {
    const { check, fake, attach } = await setUp();
    fake.errors.set((await attach({ refused: 'SIGNATURE_INVALID' })).digest, new HttpError('PEER_FAILED', 'x'));
    await attach();
    await expect(check()).rejects.toMatchObject({ code: 'PEER_FAILED' });
  });

  it('gives no result where what cannot be read might have passed', async () => {
    const { check, fake, attach } = await setUp();
    await attach({ refused: 'SIGNATURE_INVALID' });
    fake.errors.set((await attach()).digest, new HttpError('PEER_FAILED', 'status 500'));
    await expect(check()).rejects.toMatchObject({ code: 'PEER_FAILED' });
  });
});
