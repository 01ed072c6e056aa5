import { describe, expect, it } from 'vitest';
import { type PublishedOptions, verifyPublished } from '../../../src/lib/gallery/verify-published.ts';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import type { TrustRootMaterial } from '../../../src/lib/sigstore/trusted-root.ts';
import { BUNDLE_TYPE, createFakeVerify } from './fake-repository.ts';
import { setUpSigned } from './signed-image.ts';

const trust = {} as TrustRootMaterial;
const policy = { issuer: 'i', identity: 's' };

describe('verifyPublished', () => {
  async function published(image: Awaited<ReturnType<typeof setUpSigned>>, options: Partial<PublishedOptions> = {}) {
    const { fake, index, amd64, arm64, attestation, referrers } = image;
    const children = [amd64, arm64, attestation].map(({ digest }) => digest);
    const { verify } = createFakeVerify();
    return verifyPublished({
      repository: fake.repository,
      index: index.digest,
      children,
      policy,
      trust,
      bundles: referrers,
      verify,
      ...options,
    });
  }

  it('verifies what the lists show', async () => {
    expect(await published(await setUpSigned())).toMatchObject({ ok: true, discoverable: true });
  });
  it('reads a bundle by digest where a list does not show it yet', async () => {
    const image = await setUpSigned();
    image.fake.referrers.delete(image.arm64.digest);
    expect(await published(image)).toMatchObject({ ok: true, discoverable: false });
  });
  it('asks no list where it is not to', async () => {
    const image = await setUpSigned();
    image.fake.referrers.clear();
    expect(await published(image, { asksLists: false })).toMatchObject({ ok: true, discoverable: true });
  });
  it('reads the bundle while its manifests are read, and once', async () => {
    const image = await setUpSigned();
    const blob = await sha256(new TextEncoder().encode(JSON.stringify(image.bundle)));
    await published(image, { layer: { mediaType: BUNDLE_TYPE, digest: blob, size: 1000 } });
    expect(image.fake.calls[0]).toBe(`BLOB ${blob}`);
    expect(image.fake.calls.filter((call) => call.startsWith('BLOB'))).toHaveLength(1);
  });
  it('refuses where our bundle is not there', async () => {
    const image = await setUpSigned();
    image.fake.manifests.delete(image.referrers[image.index.digest] ?? '');
    expect(await published(image)).toMatchObject({ ok: false, code: 'SIGNATURE_MISSING' });
  });
  it('refuses a bundle that is attached to another subject', async () => {
    const image = await setUpSigned();
    image.referrers[image.arm64.digest] = image.referrers[image.amd64.digest] ?? image.index.digest;
    expect(await published(image)).toMatchObject({ ok: false, code: 'SIGNATURE_MISSING' });
  });
});
