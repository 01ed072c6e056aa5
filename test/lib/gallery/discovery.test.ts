import { describe, expect, it } from 'vitest';
import { discoverBundles, isBundleType } from '../../../src/lib/gallery/discovery.ts';
import { HttpError } from '../../../src/lib/http-error.ts';
import { BUNDLE_TYPE, FakeRepository, INDEX_TYPE } from './fake-repository.ts';

const LEGACY = 'application/vnd.dev.cosign.artifact.sig.v1+json';

async function setUp() {
  const fake = new FakeRepository();
  return { fake, image: await fake.addImage('amd64') };
}

describe('isBundleType', () => {
  it.each([BUNDLE_TYPE, 'application/vnd.dev.sigstore.bundle.v1+json'])('takes %s', (type) =>
    expect(isBundleType(type)).toBe(true),
  );
  it.each(['application/json', `${BUNDLE_TYPE}; x`, `x${BUNDLE_TYPE}`, undefined])('refuses %s', (type) =>
    expect(isBundleType(type)).toBe(false),
  );
});

describe('discoverBundles', () => {
  it('finds bundles in list order', async () => {
    const { fake, image } = await setUp();
    const first = await fake.attach(image, { n: 1 });
    const second = await fake.attach(image, { n: 2 });
    const { bundles, legacy, truncated } = await discoverBundles(fake.repository, image.digest);
    expect(bundles.map(({ manifest }) => manifest)).toEqual([first.digest, second.digest]);
    expect({ legacy, truncated }).toEqual({ legacy: false, truncated: false });
  });

  it("goes by the manifest where the list shows the config's type", async () => {
    const { fake, image } = await setUp();
    await fake.attach(image, {}, { artifactType: 'application/vnd.oci.empty.v1+json' });
    expect((await discoverBundles(fake.repository, image.digest)).bundles).toHaveLength(1);
  });

  it('goes by the manifest where the list calls something else a bundle', async () => {
    const { fake, image } = await setUp();
    await fake.attachManifest(image, { artifactType: 'application/spdx+json' }, { artifactType: BUNDLE_TYPE });
    expect((await discoverBundles(fake.repository, image.digest)).bundles).toEqual([]);
  });

  it('passes over a manifest that refers to another subject', async () => {
    const { fake, image } = await setUp();
    const other = await fake.addImage('arm64');
    await fake.attach(other, {});
    fake.referrers.set(image.digest, fake.referrers.get(other.digest) ?? []);
    expect((await discoverBundles(fake.repository, image.digest)).bundles).toEqual([]);
  });

  it('recognises a legacy referrer', async () => {
    const { fake, image } = await setUp();
    await fake.attachManifest(image, { artifactType: LEGACY });
    expect(await discoverBundles(fake.repository, image.digest)).toMatchObject({ bundles: [], legacy: true });
  });

  it('recognises a legacy tag', async () => {
    const { fake, image } = await setUp();
    fake.tags.set(`${image.digest.replace(':', '-')}.sig`, image.digest);
    expect((await discoverBundles(fake.repository, image.digest)).legacy).toBe(true);
  });

  it('does not look for a legacy tag where there is a bundle', async () => {
    const { fake, image } = await setUp();
    await fake.attach(image, {});
    await discoverBundles(fake.repository, image.digest);
    expect(fake.calls.filter((call) => call.startsWith('HEAD'))).toEqual([]);
  });

  it('looks into 64 referrers and says that there are more', async () => {
    const { fake, image } = await setUp();
    for (let n = 0; n < 70; n += 1) await fake.attach(image, { n });
    const { bundles, truncated } = await discoverBundles(fake.repository, image.digest);
    expect({ count: bundles.length, truncated }).toEqual({ count: 64, truncated: true });
  });

  it('passes over a manifest that is broken', async () => {
    const { fake, image } = await setUp();
    const broken = await fake.addManifest({ manifests: [] });
    fake.referrers.set(image.digest, [broken]);
    await fake.attach(image, {});
    expect(await discoverBundles(fake.repository, image.digest)).toMatchObject({ bundles: [{}] });
  });

  it('passes over an index in the list', async () => {
    const { fake, image } = await setUp();
    const index = await fake.addIndex([]);
    fake.referrers.set(image.digest, [{ ...index, mediaType: INDEX_TYPE }]);
    await discoverBundles(fake.repository, image.digest);
    expect(fake.calls).not.toContain(`GET ${index.digest}`);
  });

  it('tells what it could not read', async () => {
    const { fake, image } = await setUp();
    const { digest } = await fake.attach(image, {});
    fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 500'));
    expect(await discoverBundles(fake.repository, image.digest)).toMatchObject({ failure: { code: 'PEER_FAILED' } });
  });

  it('keeps the place of what it could not read, where it is listed as a bundle', async () => {
    const { fake, image } = await setUp();
    const attached = [await fake.attach(image, { n: 1 }), await fake.attach(image, { n: 2 }, {})];
    for (const { digest } of attached) fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 500'));
    await fake.attach(image, { n: 3 });
    const { listedBundles } = await discoverBundles(fake.repository, image.digest);
    expect(listedBundles).toMatchObject([{ failure: { code: 'PEER_FAILED' } }, { layer: {} }]);
  });
});
