import { FakeRepository } from './fake-repository.ts';

/** An index of two images and a build's attestations, with one bundle for all of them, not attached yet. */
export async function setUp() {
  const fake = new FakeRepository();
  const amd64 = await fake.addImage('amd64');
  const arm64 = await fake.addImage('arm64');
  const attestation = {
    ...(await fake.addManifest({ config: await fake.addBlob('{"attestation":1}'), layers: [] })),
    platform: { os: 'unknown', architecture: 'unknown' },
  };
  const index = await fake.addIndex([amd64, arm64, attestation]);
  fake.tags.set('v1', index.digest);
  const subjects = [index, amd64, arm64, attestation];
  const bundle = { subjects: subjects.map(({ digest }) => digest) };
  return { fake, index, amd64, arm64, attestation, subjects, bundle };
}

/** The same, with the bundle attached to each. */
export async function setUpSigned() {
  const image = await setUp();
  const referrers: Record<string, `sha256:${string}`> = {};
  for (const subject of image.subjects)
    referrers[subject.digest] = (await image.fake.attach(subject, image.bundle)).digest;
  return { ...image, referrers };
}
