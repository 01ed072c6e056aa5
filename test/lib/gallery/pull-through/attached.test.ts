import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../../../src/lib/oci/descriptor.ts';
import { BUNDLE_TYPE, type FakeRepository, INDEX_TYPE } from '../fake-repository.ts';
import { addLayered, addSigned, codeOf, withGatekeeper } from './setup.ts';

const SBOM = { artifactType: 'application/spdx+json' };
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const EMPTY = 'application/vnd.oci.empty.v1+json';
const COSIGN = 'application/vnd.dev.cosign';

/** What a runtime would run: the types of its config and its layer; the config's content is an image's. */
const RUNNABLE: readonly (readonly [string, string, string])[] = [
  ['a config as images of old have it', 'application/octet-stream', LAYER],
  ['a config of no type of its own', 'application/json', LAYER],
  ['a config that a proxy had spoilt', 'text/html', LAYER],
  ["a layer of an image's", 'application/spdx+json', LAYER],
  ["a layer of Docker's", 'application/spdx+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  ['a layer of EROFS', 'application/spdx+json', 'application/vnd.erofs.layer.v1'],
  ['a config that only says it is empty', EMPTY, LAYER],
];

/** What tools attach: the types of the config and the layer, and the config's content. */
const ATTACHED: readonly (readonly [string, string, string, string])[] = [
  ['oras, a file without a type', EMPTY, LAYER, '{}'],
  ['oras 1.0', 'application/spdx+json', LAYER, '{}'],
  ['cosign 2', `${COSIGN}.artifact.sig.v1+json`, `${COSIGN}.simplesigning.v1+json`, '{"rootfs":{"diff_ids":[]}}'],
  ['notation', 'application/vnd.cncf.notary.signature', 'application/jose+json', '{}'],
  ['BuildKit', EMPTY, 'application/vnd.in-toto+json', '{}'],
];

/** Attaches a manifest with a config and a layer of these types; without a content for it, the config is an image's. */
async function attach(fake: FakeRepository, subject: Descriptor, types: readonly string[], content?: string) {
  const [configType = '', layerType = ''] = types;
  const { config, layer } = await addLayered(fake, 'riscv64');
  const own = content === undefined ? config : await fake.addBlob(content);
  const json = { config: { ...own, mediaType: configType }, layers: [{ ...layer, mediaType: layerType }] };
  return { layer, manifest: await fake.attachManifest(subject, json, SBOM) };
}

/** Attaches an index of an image. */
async function attachIndex(fake: FakeRepository, { mediaType, digest, size }: Descriptor): Promise<Descriptor> {
  const { image } = await addLayered(fake, 'riscv64');
  const json = { ...SBOM, subject: { mediaType, digest, size }, manifests: [image] };
  const index = await fake.addManifest(json, INDEX_TYPE);
  fake.referrers.set(digest, [...(fake.referrers.get(digest) ?? []), { ...index, ...SBOM }]);
  return index;
}

const digestsOf = (listed: unknown) => (listed as Descriptor[]).map(({ digest }) => digest);

describe('isRunnable', () => {
  it.each(RUNNABLE)('holds back what has %s, and its blobs', (_, ...types) =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      const { manifest, layer } = await attach(fake, index, types);
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
      expect(await keeper.admit(manifest.digest)).toMatchObject({ flaw: { code: 'SIGNATURE_MISSING' } });
      expect(await codeOf(keeper.admitBlob(layer.digest))).toBe('BLOB_UNKNOWN');
    }),
  );

  it('holds back an index', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      const attached = await attachIndex(fake, index);
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
      expect(await keeper.admit(attached.digest)).toMatchObject({ admitted: false });
    }));

  it('holds back an image that brings the bundle that passes, and takes that of another', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image, config, layer } = await addLayered(fake, 'amd64');
      const bundle = { subjects: [image.digest] };
      const blob = { ...(await fake.addBlob(JSON.stringify(bundle))), mediaType: BUNDLE_TYPE };
      const attached = await fake.attachManifest(image, { config, layers: [blob, layer] });
      const passing = await fake.attach(image, bundle);
      expect(await keeper.admit(image.digest)).toMatchObject({ admitted: true });
      expect(digestsOf(await keeper.referrersOf(image.digest))).toEqual([passing.digest]);
      expect(await keeper.admit(attached.digest)).toMatchObject({ admitted: false });
    }));

  it.each(ATTACHED)('lets through what is attached by %s', (_, configType, layerType, config) =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      const { manifest } = await attach(fake, index, [configType, layerType], config);
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest, manifest.digest]);
      expect(await keeper.admit(manifest.digest)).toMatchObject({ admitted: true });
    }),
  );

  it('has its flaw told where the policy only warns', () =>
    withGatekeeper(
      async ({ fake, keeper }) => {
        const { image } = await addLayered(fake, 'amd64');
        const { manifest } = await attach(fake, image, ['application/json', LAYER]);
        await keeper.referrersOf(image.digest);
        const flaw = { code: 'SIGNATURE_MISSING' };
        expect(await keeper.admit(manifest.digest)).toMatchObject({ admitted: true, flaw });
      },
      { warnOnly: true },
    ));
});
