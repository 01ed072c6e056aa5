import { describe, expect, it } from 'vitest';
import { createDemoRegistry } from '../../../../demo/registry/registry.ts';
import type { ProjectConfig } from '../../../../src/lib/config.ts';
import type { Anchor, AnchorLedger } from '../../../../src/lib/keepalive/types.ts';
import { takeIn } from '../../../../src/lib/merge/arrivals/intake.ts';
import { Presence } from '../../../../src/lib/merge/images/presence.ts';
import type { UploadJournal } from '../../../../src/lib/merge/images/uploads.ts';
import type { Services } from '../../../../src/lib/merge/types.ts';
import { type Digest, sha256 } from '../../../../src/lib/oci/digest.ts';
import { clientOf } from '../../oci/fake-registry.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const TAG = 'keepalive-4242-cpu-a-amd64';

/** A registry with an image of amd64 in a project's repository, and a cache beside it. */
async function setup() {
  const demo = createDemoRegistry();
  const { registry, caller } = clientOf(({ url, method, headers, bytes }) =>
    demo.fetch(
      new Request(url, { method, headers, ...(method === 'PUT' || method === 'POST' ? { body: bytes } : {}) }),
    ),
  );
  const [repository, source] = [registry.repository('team/app'), registry.repository('team/cache')];
  const config = new TextEncoder().encode(JSON.stringify({ os: 'linux', architecture: 'amd64' }));
  const blob = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: await sha256(config),
    size: config.length,
  };
  await repository.pushBlob(config);
  const bytes = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: blob, layers: [] }),
  );
  const digest = await sha256(bytes);
  await repository.pushManifest(digest, { bytes, mediaType: MANIFEST });
  const services = {
    now: caller.now,
    targets: () => [{ repository, source, skipped: undefined }],
  } as unknown as Services;
  const report = { tag_suffix: '-cpu-a', platform_tag: 'amd64', digest: digest as Digest, run_attempt: 1 };
  const project = { name: 'p', platforms: {} } as ProjectConfig;
  const anchored = () => demo.store.tags('team/cache').get(TAG);
  return { services, project, report, digest, anchored };
}

describe('takeIn', () => {
  const presence = new Presence();
  const uploads: UploadJournal = { claim: () => false, release: () => {}, load: () => undefined, store: () => {} };

  it('tells the ledger of an anchor before it is made', async () => {
    const { services, project, report, digest, anchored } = await setup();
    const told: (Anchor & { there: boolean; repository: string })[] = [];
    const ledger: AnchorLedger = {
      add: async (repository, anchor) => void told.push({ ...anchor, repository, there: anchored() !== undefined }),
    };
    await takeIn(services, project, '4242', report, { ledger, presence, uploads });
    expect(told).toEqual([
      {
        repository: 'registry.test/team/cache',
        tag: TAG,
        project: 'p',
        run_id: '4242',
        tag_suffix: '-cpu-a',
        digest,
        there: false,
      },
    ]);
    expect(anchored()).toBe(digest);
  });
  it('anchors the leg, too, where the ledger cannot be written', async () => {
    const { services, project, report, digest, anchored } = await setup();
    await takeIn(services, project, '4242', report, {
      ledger: { add: () => Promise.reject(new Error('no')) },
      presence,
      uploads,
    });
    expect(anchored()).toBe(digest);
  });
  it('neither anchors nor records what it refuses', async () => {
    const { services, project, report, anchored } = await setup();
    const told: Anchor[] = [];
    const ledger = { add: async (_: string, anchor: Anchor) => void told.push(anchor) };
    const refused = takeIn(
      services,
      project,
      '4242',
      { ...report, platform_tag: 'arm64' },
      { ledger, presence, uploads },
    );
    await expect(refused).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' });
    expect([told, anchored()]).toEqual([[], undefined]);
  });
  it('says where it saw the image, and which others are there', async () => {
    const { services, project, report, digest } = await setup();
    const seen = new Presence();
    const missing = `sha256:${'0'.repeat(64)}` as const;
    const repository = services.targets(project)[0]?.repository;
    await takeIn(services, project, '4242', report, {
      ledger: { add: async () => undefined },
      presence: seen,
      uploads,
      others: [missing],
    });
    expect(repository && [digest, missing].map((one) => seen.has(repository, one))).toEqual([true, false]);
  });
});
