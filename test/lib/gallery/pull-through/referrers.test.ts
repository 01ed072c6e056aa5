import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../../src/lib/http-error.ts';
import type { Descriptor } from '../../../../src/lib/oci/descriptor.ts';
import { BUNDLE_TYPE, type FakeRepository, MANIFEST_TYPE } from '../fake-repository.ts';
import { addLayered, addSigned, codeOf, withGatekeeper } from './setup.ts';

const SBOM = { artifactType: 'application/spdx+json' };
const MINUTE_MS = 60_000;

/** A manifest of an artifact, as `oras attach` writes it, and its blob. */
async function attachSbom(fake: FakeRepository, subject: Descriptor, listed: Partial<Descriptor> = SBOM) {
  const blob = await fake.addBlob('{"sbom":1}');
  return { blob, manifest: await fake.attachManifest(subject, { ...SBOM, layers: [blob] }, listed) };
}

/** An image that says it refers to a subject. */
async function attachImage(fake: FakeRepository, subject: Descriptor, json: object = {}) {
  const { config, layer } = await addLayered(fake, 'riscv64');
  return fake.attachManifest(subject, { config, layers: [layer], ...json }, SBOM);
}

const digestsOf = (listed: unknown) => (listed as Descriptor[]).map(({ digest }) => digest);

describe('Gatekeeper.referrersOf', () => {
  it('lists the bundle that passed', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      expect(await keeper.referrersOf(index.digest)).toEqual([{ ...referrer, artifactType: BUNDLE_TYPE }]);
    }));

  it('puts it first, leaves other bundles out, and keeps the rest', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image } = await addLayered(fake, 'amd64');
      await fake.attach(image, { refused: 'SIGNATURE_INVALID' });
      const sbom = await attachSbom(fake, image);
      const passing = await fake.attach(image, { subjects: [image.digest] });
      await fake.attach(image, { subjects: [image.digest], n: 2 });
      expect(digestsOf(await keeper.referrersOf(image.digest))).toEqual([passing.digest, sbom.manifest.digest]);
    }));

  it("takes types and annotations from the referrer's own manifest", () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image } = await addLayered(fake, 'amd64');
      const annotations = { a: 'b' };
      const bundle = await fake.addBlob(JSON.stringify({ subjects: [image.digest] }));
      const layers = [{ ...bundle, mediaType: BUNDLE_TYPE }];
      const listed = { artifactType: 'application/vnd.oci.empty.v1+json' };
      await fake.attachManifest(image, { artifactType: BUNDLE_TYPE, layers, annotations }, listed);
      expect(await keeper.referrersOf(image.digest)).toMatchObject([
        { mediaType: MANIFEST_TYPE, artifactType: BUNDLE_TYPE, annotations },
      ]);
    }));

  it('leaves out an image that claims to be an attachment', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      await attachImage(fake, index, SBOM);
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
    }));

  it('leaves out what the list names but what refers to another', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, amd64, referrer } = await addSigned(fake);
      const stray = await attachSbom(fake, amd64.image);
      fake.referrers.get(index.digest)?.push({ ...stray.manifest, ...SBOM });
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
    }));

  it('lists nobody for a manifest that is not there', () =>
    withGatekeeper(async ({ keeper }) => {
      expect(await keeper.referrersOf(`sha256:${'0'.repeat(64)}`)).toEqual([]);
    }));

  it('lists nobody for what refers to another itself: clients walk up the whole tree', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      const sbom = await attachSbom(fake, index);
      const second = await attachSbom(fake, sbom.manifest);
      expect(await keeper.referrersOf(referrer.digest)).toEqual([]);
      expect(await keeper.referrersOf(sbom.manifest.digest)).toEqual([]);
      expect(await keeper.referrersOf(second.manifest.digest)).toMatchObject({ code: 'SIGNATURE_MISSING' });
    }));

  it('tells why, for a manifest that may not be served', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image } = await addLayered(fake, 'amd64');
      expect(await keeper.referrersOf(image.digest)).toMatchObject({ code: 'SIGNATURE_MISSING' });
    }));

  it('asks the registry again after a minute', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { index, referrer } = await addSigned(fake);
      await keeper.referrersOf(index.digest);
      const sbom = await attachSbom(fake, index);
      clock.now += MINUTE_MS - 1;
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
      clock.now += 1;
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest, sbom.manifest.digest]);
    }));

  it('keeps the bundle that passed where the list lost it', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { index, referrer } = await addSigned(fake);
      await keeper.referrersOf(index.digest);
      fake.referrers.delete(index.digest);
      clock.now += MINUTE_MS;
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
    }));

  it('answers with what it has where the list cannot be read', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index, referrer } = await addSigned(fake);
      await keeper.admit(index.digest);
      fake.errors.set(index.digest, new HttpError('PEER_FAILED', 'status 500'));
      expect(digestsOf(await keeper.referrersOf(index.digest))).toEqual([referrer.digest]);
    }));

  it("is the registry's own list where the policy only warns", () =>
    withGatekeeper(
      async ({ fake, keeper }) => {
        const { image } = await addLayered(fake, 'amd64');
        const bundle = await fake.attach(image, { refused: 'SIGNATURE_INVALID' });
        expect(digestsOf(await keeper.referrersOf(image.digest))).toEqual([bundle.digest]);
      },
      { warnOnly: true },
    ));
});

describe('Gatekeeper.admit', () => {
  describe('when a manifest refers to a verified one', () => {
    it('admits it by digest, and its blobs', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { index } = await addSigned(fake);
        const sbom = await attachSbom(fake, index);
        expect(await keeper.admit(sbom.manifest.digest)).toMatchObject({ admitted: true });
        expect(await keeper.admitBlob(sbom.blob.digest)).toBe(sbom.blob.size);
      }));

    it('admits the bundle that passed', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { referrer } = await addSigned(fake);
        expect(await keeper.admit(referrer.digest)).toMatchObject({ admitted: true });
      }));

    it('refuses it by tag: whoever moves tags could make it look like an image', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { index } = await addSigned(fake);
        const sbom = await attachSbom(fake, index);
        await keeper.admit(sbom.manifest.digest);
        fake.tags.set('latest', sbom.manifest.digest);
        expect(await keeper.admit('latest')).toMatchObject({ admitted: false, flaw: { code: 'SIGNATURE_MISSING' } });
      }));

    it('refuses an image', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { index } = await addSigned(fake);
        const image = await attachImage(fake, index, SBOM);
        expect(await keeper.admit(image.digest)).toMatchObject({ admitted: false });
      }));

    it('refuses another bundle', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { index } = await addSigned(fake);
        const other = await fake.attach(index, { refused: 'SIGNATURE_INVALID' });
        expect(await keeper.admit(other.digest)).toMatchObject({ admitted: false });
      }));
  });

  it('refuses what refers to a manifest that is not signed', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image } = await addLayered(fake, 'amd64');
      const sbom = await attachSbom(fake, image);
      expect(await keeper.admit(sbom.manifest.digest)).toMatchObject({ admitted: false });
      expect(await codeOf(keeper.admitBlob(sbom.blob.digest))).toBe('BLOB_UNKNOWN');
    }));

  it('refuses what refers to a referrer: each link would have to be signed', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index } = await addSigned(fake);
      const sbom = await attachSbom(fake, index);
      const second = await attachSbom(fake, sbom.manifest);
      expect(await keeper.admit(second.manifest.digest)).toMatchObject({ admitted: false });
    }));

  it('does not follow a manifest that refers to itself', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image } = await addLayered(fake, 'amd64');
      const raw = fake.manifests.get(image.digest);
      const loop = new TextEncoder().encode(
        JSON.stringify({
          ...JSON.parse(new TextDecoder().decode(raw?.bytes)),
          subject: { ...image, platform: undefined },
        }),
      );
      if (raw) fake.manifests.set(image.digest, { ...raw, bytes: loop });
      expect(await keeper.admit(image.digest)).toMatchObject({ admitted: false });
    }));
});
