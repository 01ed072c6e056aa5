import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../../src/lib/http-error.ts';
import { checkPlatform, findManifest, readLeg, requireManifests } from '../../../../src/lib/merge/images/source.ts';
import { FakeRepository } from '../../gallery/fake-repository.ts';
import { digestOf } from '../make.ts';

/** BuildKit's attestation, beside the image that it is of. */
async function addAttestation(fake: FakeRepository) {
  const { platform: _, ...image } = await fake.addImage('unknown');
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  return { ...image, platform: { os: 'unknown', architecture: 'unknown' }, annotations };
}

describe('readLeg', () => {
  it('reads the platform from the config of an image', async () => {
    const fake = new FakeRepository();
    const image = await fake.addImage('aarch64');
    const { platform, descriptors } = await readLeg([fake.repository], image.digest);
    expect([platform, descriptors.length]).toEqual([{ os: 'linux', architecture: 'arm64' }, 1]);
  });
  it('takes an index of one image and its attestations, descriptor by descriptor', async () => {
    const fake = new FakeRepository();
    const children = [await fake.addImage('amd64'), await addAttestation(fake)];
    const index = await fake.addIndex(children);
    const { platform, descriptors } = await readLeg([fake.repository], index.digest);
    expect([platform?.architecture, descriptors.map(({ digest }) => digest)]).toEqual([
      'amd64',
      children.map(({ digest }) => digest),
    ]);
  });
  it('goes by the config of the image in an index, not by its descriptor', async () => {
    const fake = new FakeRepository();
    const image = await fake.addImage('amd64');
    const index = await fake.addIndex([{ ...image, platform: { os: 'linux', architecture: 'arm64' } }]);
    const { platform } = await readLeg([fake.repository], index.digest);
    expect(platform).toEqual({ os: 'linux', architecture: 'amd64' });
  });
  it('refuses an index of several images', async () => {
    const fake = new FakeRepository();
    const index = await fake.addIndex([await fake.addImage('amd64'), await fake.addImage('arm64')]);
    await expect(readLeg([fake.repository], index.digest)).rejects.toMatchObject({ code: 'INDEX_UNSUPPORTED' });
  });
  it('refuses an index of attestations alone', async () => {
    const fake = new FakeRepository();
    const index = await fake.addIndex([await addAttestation(fake)]);
    await expect(readLeg([fake.repository], index.digest)).rejects.toMatchObject({ code: 'INDEX_UNSUPPORTED' });
  });
  it('refuses an index within an index', async () => {
    const fake = new FakeRepository();
    const inner = await fake.addIndex([await fake.addImage('amd64')]);
    const index = await fake.addIndex([inner]);
    await expect(readLeg([fake.repository], index.digest)).rejects.toMatchObject({ code: 'INDEX_UNSUPPORTED' });
  });
  it('says where it has looked for what is nowhere', async () => {
    const fake = new FakeRepository();
    await expect(readLeg([fake.repository], digestOf('a'))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringContaining('registry.test/a/b'),
    });
  });
});

describe('findManifest', () => {
  it('is content with the place that has it, though another cannot be asked', async () => {
    const [down, up] = [new FakeRepository(), new FakeRepository()];
    const { digest } = await up.addImage('amd64');
    down.errors.set(digest, new HttpError('PEER_FAILED', 'down'));
    expect((await findManifest([down.repository, up.repository], digest))?.manifest.digest).toBe(digest);
  });
  it('does not say that it is nowhere while a place cannot be asked', async () => {
    const [down, up] = [new FakeRepository(), new FakeRepository()];
    down.errors.set(digestOf('a'), new HttpError('PEER_FAILED', 'down'));
    await expect(findManifest([down.repository, up.repository], digestOf('a'))).rejects.toMatchObject({
      code: 'PEER_FAILED',
    });
  });
});

describe('checkPlatform', () => {
  const legOf = async (architecture: string) => {
    const fake = new FakeRepository();
    return readLeg([fake.repository], (await fake.addImage(architecture)).digest);
  };
  it('refuses an image that is for another platform', async () => {
    const leg = await legOf('amd64');
    const check = () => checkPlatform(leg, { os: 'linux', architecture: 'arm64' }, 'arm64');
    expect(check).toThrow(expect.objectContaining({ code: 'PLATFORM_MISMATCH' }));
  });
  it('takes any where none is expected', async () => {
    const leg = await legOf('s390x');
    expect(() => checkPlatform(leg, undefined, 'single')).not.toThrow();
  });
});

describe('requireManifests', () => {
  it('lets pass what is all there', async () => {
    const fake = new FakeRepository();
    const [one, other] = [await fake.addImage('amd64'), await fake.addImage('arm64')];
    await expect(requireManifests(fake.repository, [one.digest, other.digest])).resolves.toBeUndefined();
  });
  it('refuses where one is not', async () => {
    const fake = new FakeRepository();
    const one = await fake.addImage('amd64');
    await expect(requireManifests(fake.repository, [one.digest, digestOf('a')])).rejects.toMatchObject({
      code: 'SELF_VERIFICATION_FAILED',
    });
  });
});
