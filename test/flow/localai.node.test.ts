import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, CORE, IMAGE, MERGE } from '../../demo/config.ts';
import type { StackRegistry } from '../../demo/stack.ts';
import { LocalAi, type Verification } from './localai-verifier.ts';
import { AT_ONCE, BUILDER, startWorld, type World } from './world.ts';

const SUFFIX = '-cpu-localai';
const RUN = '4242';
/** A project's repository, its policy, and who signs there. */
const PROJECTS = [
  { repository: CORE, policy: 'core', workflow: IMAGE },
  { repository: BACKENDS, policy: 'localai', workflow: MERGE },
] as const;
const KINDS = ['with the referrers API', 'without the referrers API'] as const;

describe.each([2, 1] as const)("what Muster publishes, by LocalAI's own rules, with Rekor v%i", (rekorMajor) => {
  let world: World;
  const tag = `master${SUFFIX}`;
  const registryOf = (kind: (typeof KINDS)[number]): StackRegistry =>
    world.stack.registries[KINDS.indexOf(kind) === 0 ? 0 : 1];
  const verifierOf = (registry: StackRegistry, repository: string) =>
    new LocalAi(registry, repository, world.stack.sigstore.trustedRoot);
  const verificationOf = (workflow: string): Verification => ({
    issuer: world.stack.issuer.origin,
    identity_regex: `^https://github\\.com/${workflow.replaceAll('.', '\\.')}@refs/(heads/master|tags/.+)$`,
  });
  /** What Muster says that LocalAI would say. */
  const saidOf = async (registry: StackRegistry, repository: string, policy: string, reference = `:${tag}`) => {
    const ref = `${registry.host}/${repository}${reference}`;
    const { body } = await world.call({ path: `/v1/verify?ref=${ref}&policy=${policy}&platform=linux/amd64` });
    return body.localai;
  };

  beforeAll(async () => {
    world = await startWorld({ rekorMajor });
    for (const image of await world.push(CORE, 'core'))
      await world.report({ suffix: SUFFIX, ...image, claims: AT_ONCE });
    for (const image of await world.push(BACKENDS, 'backend'))
      await world.report({ suffix: SUFFIX, ...image, claims: BUILDER });
    expect(await world.finish(RUN)).toMatchObject({ status: 200 });
  }, 60_000);
  afterAll(() => world?.close());

  describe.each(KINDS)('in a registry %s', (kind) => {
    it.each(PROJECTS)('passes for each platform: $repository', async ({ repository, workflow }) => {
      const verifier = verifierOf(registryOf(kind), repository);
      for (const architecture of ['amd64', 'arm64'])
        expect(await verifier.verify(tag, verificationOf(workflow), architecture)).toMatch(/^sha256:/);
    });
    it.each(PROJECTS)('is said to pass: $repository', async ({ repository, policy }) => {
      expect(await saidOf(registryOf(kind), repository, policy)).toEqual({ verified: true });
    });
    it.each([
      ['another workflow', { identity_regex: '^https://github\\.com/other/' }, 'no matching identity'],
      ['another issuer', { issuer: 'https://other.test' }, 'expected issuer'],
      ['a later not_before', { not_before: '2099-01-01T00:00:00Z' }, 'predates'],
    ])('would not pass under a policy with %s', async (_, change, problem) => {
      const verification = { ...verificationOf(MERGE), ...change };
      await expect(verifierOf(registryOf(kind), BACKENDS).verify(tag, verification)).rejects.toThrow(problem);
    });
    it('would not pass without a signature', async () => {
      const registry = registryOf(kind);
      const [image] = await world.push(BACKENDS, 'unsigned');
      const verifier = verifierOf(registry, BACKENDS);
      await expect(verifier.verify(image?.digest ?? '', verificationOf(MERGE))).rejects.toThrow(
        'no Sigstore bundle referrer',
      );
      expect(await saidOf(registry, BACKENDS, 'localai', `@${image?.digest}`)).toEqual({
        verified: false,
        code: 'SIGNATURE_MISSING',
      });
    });
  });

  it('goes by the first bundle of the list, and so does what Muster says of it', async () => {
    const [registry] = world.stack.registries;
    const [image] = await world.push(BACKENDS, `foreign to v${rekorMajor}`);
    const ref = `${registry.host}/${CORE}:${tag}`;
    const { body } = await world.call({ path: `/v1/verify?ref=${ref}&policy=core&include=bundle` });
    const subject = {
      mediaType: image?.mediaType ?? '',
      digest: image?.digest ?? '',
      size: image?.bytes.byteLength ?? 0,
    };
    await attach(world, subject, JSON.stringify(body.bundle));
    await expect(verifierOf(registry, BACKENDS).verify(subject.digest, verificationOf(MERGE))).rejects.toThrow(
      'no subject has the digest',
    );
    expect(await saidOf(registry, BACKENDS, 'localai', `@${subject.digest}`)).toEqual({
      verified: false,
      code: 'SUBJECT_MISMATCH',
    });
  });
});

/** Attaches a bundle to a manifest of the first registry, as anybody with its password can. */
async function attach({ clients }: World, subject: object, bundle: string): Promise<void> {
  const [client] = clients;
  const blobs = [Buffer.from('{}'), Buffer.from(bundle)].map((bytes) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const;
    return { bytes, digest, size: bytes.byteLength };
  });
  for (const blob of blobs) await client?.pushBlob(BACKENDS, blob);
  const describe = (at: number, mediaType: string) => ({ mediaType, digest: blobs[at]?.digest, size: blobs[at]?.size });
  const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: bundleType,
      config: describe(0, 'application/vnd.oci.empty.v1+json'),
      layers: [describe(1, bundleType)],
      subject,
    }),
  );
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  await client?.pushManifest(BACKENDS, digest, manifest, 'application/vnd.oci.image.manifest.v1+json');
}
