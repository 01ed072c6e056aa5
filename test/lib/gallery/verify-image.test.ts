import { describe, expect, it } from 'vitest';
import { type ImageVerdict, verifyImage } from '../../../src/lib/gallery/verify-image.ts';
import { HttpError } from '../../../src/lib/http-error.ts';
import type { Platform } from '../../../src/lib/oci/descriptor.ts';
import type { TrustRootMaterial } from '../../../src/lib/sigstore/trusted-root.ts';
import { BUNDLE_TYPE, createFakeVerify, FakeRepository } from './fake-repository.ts';
import { setUp, setUpSigned } from './signed-image.ts';

const trust = {} as TrustRootMaterial;
const policy = { issuer: 'i', identity: 's', source_repository_id: '1' };
const LINUX_ARM64 = { os: 'linux', architecture: 'arm64' };

function check(fake: FakeRepository, reference: string, platform?: Platform, verify = createFakeVerify().verify) {
  return verifyImage({
    repository: fake.repository,
    reference,
    policy,
    trust,
    verify,
    ...(platform ? { platform } : {}),
  });
}

function codeOf(verdict: ImageVerdict) {
  return 'code' in verdict ? verdict.code : 'VERIFIED';
}

describe('verifyImage', () => {
  it('verifies the index and every child', async () => {
    const { fake, index, subjects } = await setUpSigned();
    const verdict = await check(fake, 'v1');
    expect(verdict).toMatchObject({ verified: true, digest: index.digest, index_digest: index.digest });
    expect('subjects' in verdict && verdict.subjects.map(({ digest }) => digest)).toEqual(
      subjects.map(({ digest }) => digest),
    );
  });

  it('asks for what is attached to a digest while it reads the manifest', async () => {
    const { fake, index } = await setUpSigned();
    await check(fake, index.digest);
    expect(fake.calls[0]).toBe(`LIST ${index.digest}`);
    expect(fake.calls.filter((call) => call === `LIST ${index.digest}`)).toHaveLength(1);
  });
  it('finds nothing where a digest is not there, though its list cannot be read either', async () => {
    const listReferrers = async () => Promise.reject(new HttpError('PEER_FAILED', 'status 500'));
    const repository = { ...new FakeRepository().repository, listReferrers };
    const reference = `sha256:${'0'.repeat(64)}`;
    expect(await verifyImage({ repository, reference, policy, trust })).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
  it('looks into 512 referrers of an image, however many children it has', async () => {
    const fake = new FakeRepository();
    const children = await Promise.all(Array.from({ length: 10 }, (_, at) => fake.addImage(`arch${at}`)));
    const index = await fake.addIndex(children);
    const referrers = new Set<string>();
    for (const child of children)
      for (let at = 0; at < 60; at += 1)
        referrers.add((await fake.attach(child, { refused: 'SIGNATURE_INVALID', child: child.digest, at })).digest);
    expect(await check(fake, index.digest)).toMatchObject({ verified: false });
    const pulled = fake.calls.filter((call) => call.startsWith('GET ') && referrers.has(call.slice(4)));
    expect(pulled).toHaveLength(512);
    expect(fake.calls.filter((call) => call.startsWith('BLOB '))).toHaveLength(256);
  });
  it('verifies one bundle once for all its subjects', async () => {
    const { fake } = await setUpSigned();
    const { verify, count } = createFakeVerify();
    await check(fake, 'v1', undefined, verify);
    expect({ verified: count(), read: fake.calls.filter((call) => call.startsWith('BLOB')).length }).toEqual({
      verified: 1,
      read: 1,
    });
  });

  it('resolves a tag once and then goes by digest', async () => {
    const { fake, index } = await setUpSigned();
    await check(fake, 'v1');
    expect(fake.calls.slice(0, 2)).toEqual(['HEAD v1', `GET ${index.digest}`]);
    expect(fake.calls.filter((call) => call.endsWith(' v1'))).toHaveLength(1);
  });

  it.each(['index', 'amd64', 'arm64', 'attestation'] as const)('refuses where the %s is not signed', async (name) => {
    const image = await setUpSigned();
    image.fake.referrers.delete(image[name].digest);
    expect(codeOf(await check(image.fake, 'v1'))).toBe('SIGNATURE_MISSING');
  });

  it('refuses a child that the bundle attached to it does not name', async () => {
    const { fake, index, amd64 } = await setUp();
    for (const subject of [index, amd64]) await fake.attach(subject, { subjects: [index.digest] });
    expect(codeOf(await check(fake, 'v1', { os: 'linux', architecture: 'amd64' }))).toBe('SUBJECT_MISMATCH');
  });

  it('reports a legacy signature', async () => {
    const { fake, index } = await setUpSigned();
    fake.referrers.delete(index.digest);
    fake.tags.set(`${index.digest.replace(':', '-')}.sig`, index.digest);
    expect(codeOf(await check(fake, 'v1'))).toBe('SIGNATURE_LEGACY');
  });

  describe('when a platform is asked for', () => {
    it('verifies the index and that child only', async () => {
      const { fake, index, arm64, bundle } = await setUp();
      for (const subject of [index, arm64]) await fake.attach(subject, bundle);
      expect(await check(fake, 'v1', LINUX_ARM64)).toMatchObject({
        verified: true,
        digest: arm64.digest,
        index_digest: index.digest,
        platform: 'linux/arm64',
      });
    });
    it('finds nothing where the index lacks it', async () => {
      const { fake } = await setUpSigned();
      expect(await check(fake, 'v1', { os: 'linux', architecture: 's390x' })).toMatchObject({
        found: false,
        code: 'PLATFORM_NOT_FOUND',
      });
    });
    it('goes by the config of an image without an index', async () => {
      const { fake, amd64 } = await setUpSigned();
      expect(codeOf(await check(fake, amd64.digest, LINUX_ARM64))).toBe('PLATFORM_NOT_FOUND');
      expect(codeOf(await check(fake, amd64.digest, { os: 'linux', architecture: 'amd64' }))).toBe('VERIFIED');
    });
  });

  describe('when several bundles are attached', () => {
    it('is content with one that passes', async () => {
      const { fake, amd64, bundle } = await setUp();
      await fake.attach(amd64, { refused: 'SIGNATURE_INVALID' });
      await fake.attach(amd64, bundle);
      expect(codeOf(await check(fake, amd64.digest))).toBe('VERIFIED');
    });
    it('reports the one that got furthest', async () => {
      const { fake, amd64 } = await setUp();
      await fake.attach(amd64, { refused: 'SIGNATURE_INVALID' });
      await fake.attach(amd64, { refused: 'SIGNED_BEFORE_CUTOFF' });
      await fake.attach(amd64, 'not JSON');
      expect(codeOf(await check(fake, amd64.digest))).toBe('SIGNED_BEFORE_CUTOFF');
    });
    it('passes although another cannot be read', async () => {
      const { fake, amd64, bundle } = await setUp();
      const { digest } = await fake.attach(amd64, { n: 1 });
      fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 500'));
      await fake.attach(amd64, bundle);
      expect(codeOf(await check(fake, amd64.digest))).toBe('VERIFIED');
    });
    it('gives no verdict where one that cannot be read might have passed', async () => {
      const { fake, amd64, bundle } = await setUp();
      const { digest } = await fake.attach(amd64, bundle);
      fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 500'));
      await fake.attach(amd64, { refused: 'SIGNATURE_INVALID' });
      await expect(check(fake, amd64.digest)).rejects.toMatchObject({ code: 'PEER_FAILED' });
    });
  });

  it('refuses what is surely unsigned even where a sibling cannot be read', async () => {
    const { fake, index, arm64 } = await setUpSigned();
    fake.referrers.delete(index.digest);
    fake.errors.set(arm64.digest, new HttpError('PEER_TIMEOUT', 'slow'));
    expect(await check(fake, 'v1')).toMatchObject({
      code: 'SIGNATURE_MISSING',
      localai: { verified: false },
      isProvisional: true,
    });
  });

  it('takes a bundle whose blob is gone for malformed', async () => {
    const { fake, amd64 } = await setUp();
    await fake.attach(amd64, { n: 1 });
    fake.blobs.delete((await fake.addBlob('{"n":1}')).digest);
    expect(codeOf(await check(fake, amd64.digest))).toBe('BUNDLE_MALFORMED');
  });

  it('does not read a bundle that is longer than 1 MiB', async () => {
    const { fake, amd64 } = await setUp();
    await fake.attach(amd64, { subjects: [amd64.digest], padding: 'x'.repeat(1024 * 1024) });
    expect(codeOf(await check(fake, amd64.digest))).toBe('BUNDLE_MALFORMED');
    expect(fake.calls.filter((call) => call.startsWith('BLOB'))).toEqual([]);
  });

  it("hands a message signature the manifest's bytes", async () => {
    const { fake, amd64 } = await setUp();
    await fake.attach(amd64, { messageSignature: {} });
    let bytes: Uint8Array | undefined;
    const { verify } = createFakeVerify();
    await check(fake, amd64.digest, undefined, (options) => {
      if ('bytes' in options.artifact) bytes = options.artifact.bytes;
      return verify(options);
    });
    expect(bytes).toEqual(fake.manifests.get(amd64.digest)?.bytes);
  });

  it('refuses an index within the index', async () => {
    const { fake, index } = await setUpSigned();
    const outer = await fake.addIndex([index]);
    await expect(check(fake, outer.digest)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  it('finds nothing where the tag is not there', async () => {
    expect(await check(new FakeRepository(), 'v1')).toMatchObject({ found: false, code: 'IMAGE_NOT_FOUND' });
  });

  describe("when LocalAI's own verdict differs", () => {
    const localaiOf = async (fake: FakeRepository, digest: string) => {
      const verdict = await check(fake, digest);
      return 'localai' in verdict ? verdict.localai : undefined;
    };
    it('agrees where all is well', async () => {
      const { fake } = await setUpSigned();
      expect(await localaiOf(fake, 'v1')).toEqual({ verified: true });
    });
    it('takes only the first bundle that parses', async () => {
      const { fake, amd64, bundle } = await setUp();
      await fake.attach(amd64, 'not JSON');
      await fake.attach(amd64, { refused: 'ISSUER_MISMATCH' });
      await fake.attach(amd64, bundle);
      expect(await localaiOf(fake, amd64.digest)).toEqual({ verified: false, code: 'ISSUER_MISMATCH' });
    });
    it('finds nothing where the list shows another type', async () => {
      const { fake, amd64, bundle } = await setUp();
      await fake.attach(amd64, bundle, { artifactType: 'application/vnd.oci.empty.v1+json' });
      expect(await localaiOf(fake, amd64.digest)).toEqual({ verified: false, code: 'SIGNATURE_MISSING' });
    });
    it('reads the fallback tag only where the registry keeps no list', async () => {
      const { fake, amd64, bundle } = await setUp();
      await fake.attach(amd64, bundle);
      fake.fallback.set(amd64.digest, fake.referrers.get(amd64.digest) ?? []);
      fake.referrers.delete(amd64.digest);
      expect(await check(fake, amd64.digest)).toMatchObject({
        verified: true,
        localai: { verified: false, code: 'SIGNATURE_MISSING' },
      });
      fake.hasReferrersApi = false;
      expect(await localaiOf(fake, amd64.digest)).toEqual({ verified: true });
    });
    it.each(['manifest', 'blob'] as const)('ends where the %s of the first bundle cannot be read', async (part) => {
      const { fake, amd64, bundle } = await setUp();
      const first = { refused: 'ISSUER_MISMATCH' };
      const manifest = await fake.attach(amd64, first);
      await fake.attach(amd64, bundle);
      const { digest } = part === 'manifest' ? manifest : await fake.addBlob(JSON.stringify(first));
      fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 503'));
      expect(await check(fake, amd64.digest)).toMatchObject({
        verified: true,
        localai: { verified: false, code: 'PEER_FAILED' },
        isProvisional: true,
      });
    });
    it('reads the first layer, whatever it is', async () => {
      const { fake, amd64, bundle } = await setUp();
      const layers = [
        await fake.addBlob('not a bundle'),
        { ...(await fake.addBlob(JSON.stringify(bundle))), mediaType: BUNDLE_TYPE },
      ];
      await fake.attachManifest(amd64, { artifactType: BUNDLE_TYPE, layers }, { artifactType: BUNDLE_TYPE });
      expect(await check(fake, amd64.digest)).toMatchObject({
        verified: true,
        localai: { verified: false, code: 'SIGNATURE_MISSING' },
      });
    });
    it('takes what is listed, whatever it refers to', async () => {
      const { fake, amd64, arm64, bundle } = await setUp();
      await fake.attach(arm64, { refused: 'ISSUER_MISMATCH' });
      fake.referrers.set(amd64.digest, fake.referrers.get(arm64.digest) ?? []);
      await fake.attach(amd64, bundle);
      expect(await check(fake, amd64.digest)).toMatchObject({
        verified: true,
        localai: { verified: false, code: 'ISSUER_MISMATCH' },
      });
    });
    it.each([{ unpinned: true }, { attestation: true }])('knows neither pins nor predicates: %o', async (extra) => {
      const { fake, amd64, bundle } = await setUp();
      await fake.attach(amd64, { ...bundle, ...extra });
      expect(await check(fake, amd64.digest)).toMatchObject({ verified: false, localai: { verified: true } });
    });
  });
});
