import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Gatekeeper } from '../../../../src/lib/gallery/pull-through/gatekeeper.ts';
import { VerifiedStore } from '../../../../src/lib/gallery/pull-through/store.ts';
import type { VerdictsOptions } from '../../../../src/lib/gallery/pull-through/verdicts.ts';
import type { NamedPolicy } from '../../../../src/lib/gallery/request.ts';
import type { Descriptor } from '../../../../src/lib/oci/descriptor.ts';
import type { TrustRootMaterial } from '../../../../src/lib/sigstore/trusted-root.ts';
import { createFakeVerify, FakeRepository } from '../fake-repository.ts';

export const POLICY: NamedPolicy = { policy: { issuer: 'i', identity: 's' }, etag: 'e1', loose: false };
const START = Date.parse('2026-11-01T00:00:00Z');

let count = 0;

/** A gatekeeper on a registry in memory and a real SQLite database, with a clock and a trusted root to change. */
export function withGatekeeper(work: (setup: Setup) => Promise<void>, overrides: Partial<VerdictsOptions> = {}) {
  count += 1;
  const stub = env.REPOSITORIES.getByName(`gatekeeper ${count}`);
  return runInDurableObject(stub, async (_, state) => work(await setUp(state.storage.sql, overrides)));
}

export type Setup = Awaited<ReturnType<typeof setUp>>;

async function setUp(sql: SqlStorage, overrides: Partial<VerdictsOptions>) {
  const fake = new FakeRepository();
  const clock = { now: START };
  const trust = { sha256: 'root1' };
  const { verify, count: verified } = createFakeVerify();
  const create = (more: Partial<VerdictsOptions> = {}) =>
    new Gatekeeper({
      repository: fake.repository,
      policies: [POLICY],
      warnOnly: false,
      isPublic: false,
      trust: async () => ({ ...trust, source: 'test', fetched_at: '', material: {} as TrustRootMaterial }),
      store: new VerifiedStore(sql),
      now: () => clock.now,
      verify,
      ...overrides,
      ...more,
    });
  return { fake, clock, trust, verified, create, keeper: create(), sql };
}

/** An index of two images with layers, signed by one bundle, each with its own referrer. */
export async function addSigned(fake: FakeRepository) {
  const amd64 = await addLayered(fake, 'amd64');
  const arm64 = await addLayered(fake, 'arm64');
  const index = await fake.addIndex([amd64.image, arm64.image]);
  fake.tags.set('v1', index.digest);
  const bundle = createBundle([index.digest, amd64.image.digest, arm64.image.digest]);
  const referrers: Descriptor[] = [];
  for (const subject of [index, amd64.image, arm64.image]) referrers.push(await fake.attach(subject, bundle));
  return { index, amd64, arm64, bundle, referrer: referrers[0] as Descriptor };
}

/** A bundle of one statement that names these, for the fake verification and for whoever reads the statement. */
function createBundle(subjects: readonly string[]) {
  const subject = subjects.map((digest) => ({ digest: { sha256: digest.slice('sha256:'.length) } }));
  const payload = Buffer.from(JSON.stringify({ subject })).toString('base64');
  return { subjects, dsseEnvelope: { payload } };
}

/** An image with a config of an image's type and one layer. */
export async function addLayered(fake: FakeRepository, architecture: string) {
  const config = {
    ...(await fake.addBlob(JSON.stringify({ os: 'linux', architecture }))),
    mediaType: 'application/vnd.oci.image.config.v1+json',
  };
  const layer = await fake.addBlob(`layer of ${architecture}`);
  const image = {
    ...(await fake.addManifest({ config, layers: [layer] })),
    platform: { os: 'linux', architecture },
  };
  return { image, config, layer };
}

/** The code of what was thrown. */
export function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error) => (error as { code?: string }).code ?? String(error),
  );
}
