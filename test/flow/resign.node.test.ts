import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE, IMAGE } from '../../demo/config.ts';
import { digestOf, type Image, json } from '../../demo/images.ts';
import { WORKFLOWS } from '../../demo/issuer/claims.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** Once signed for the project; today's policy refuses it. */
const FORMER = `${WORKFLOWS}/former_build.yml`;
const MAINTAIN = { ...AT_ONCE, event_name: 'workflow_dispatch', run_id: '9000' };

let world: World;
beforeAll(async () => {
  world = await startWorld({
    configure: (config) => {
      const [core] = config.projects.filter(({ name }) => name === 'core');
      const [policy] = config.policies.filter(({ name }) => name === 'core');
      if (!core || !policy) throw new Error('project core');
      const former = { report: { workflows: [FORMER] }, sign: { workflows: [FORMER] } };
      const maintain = { workflows: [IMAGE], events: ['workflow_dispatch'] };
      return {
        ...config,
        projects: [
          { ...core, roles: { ...core.roles, maintain } },
          { ...core, name: 'former', policy: 'former', roles: former },
        ],
        policies: [
          policy,
          { ...policy, name: 'former', identity_regex: '^https://github\\.com/.*/former_build\\.yml@' },
        ],
      };
    },
  });
}, 60_000);
afterAll(() => world?.close());

interface Published {
  readonly index: string;
  readonly images: readonly Image[];
}

/** Publishes an image as the project did before. */
async function publish(suffix: string, run_id: string): Promise<Published> {
  const images = await world.push(CORE, `published ${suffix}`);
  const claims = { run_id, job_workflow_ref: `${FORMER}@refs/heads/master` };
  let index = '';
  for (const { arch, digest } of images)
    index = String((await world.report({ suffix, arch, digest, claims })).body.digest);
  return { index, images };
}
const refsOf = ({ index }: Published) => world.stack.registries.map(({ host }) => `${host}/${CORE}@${index}`);
const resign = async (published: Published) =>
  (await world.call({ method: 'POST', path: '/v1/signatures', claims: MAINTAIN, body: { refs: refsOf(published) } }))
    .body.results as { state: string; code?: string; detail?: string }[];
/** How many bundles each subject has, in each registry. */
const countBundles = ({ index, images }: Published) =>
  world.stack.registries.map(({ demo }) =>
    [index, ...images.map(({ digest }) => digest)].map(
      (subject) =>
        demo.store.manifests(CORE).filter(({ bytes }) => {
          const manifest = JSON.parse(new TextDecoder().decode(bytes)) as { subject?: { digest: string } };
          return manifest.subject?.digest === subject;
        }).length,
    ),
  );

describe('POST /v1/signatures, on what today’s policy refuses', () => {
  let published: Published;
  beforeAll(async () => {
    published = await publish('-stale', '5100');
  }, 60_000);

  it('finds one refused that is not signed again', async () => {
    // Another image: a verdict is kept for a while.
    const [ref] = refsOf(await publish('-refused', '5099'));
    expect(await world.call({ path: `/v1/verify?ref=${ref}&policy=core` })).toMatchObject({
      status: 403,
      body: { verified: false, code: 'IDENTITY_MISMATCH' },
    });
  });
  it('removes the project’s own earlier bundle, from the index and each child', async () => {
    const results = await resign(published);
    expect(results.map(({ state, code }) => [state, code])).toEqual([
      ['signed', undefined],
      ['signed', undefined],
    ]);
    expect(countBundles(published)).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });
  it('leaves what LocalAI, which reads the first bundle only, accepts', async () => {
    for (const ref of refsOf(published))
      expect(await world.call({ path: `/v1/verify?ref=${ref}&policy=core` })).toMatchObject({
        status: 200,
        body: { verified: true, localai: { verified: true } },
      });
  });
});

describe('POST /v1/signatures, where the registry does not delete', () => {
  it('says SHADOWED; a fallback tag has ours first all the same', async () => {
    const published = await publish('-kept', '5101');
    for (const { demo } of world.stack.registries)
      demo.faults.add({ kind: 'status', status: 405, times: 99, match: ({ method }) => method === 'DELETE' });
    const [listed, tagged] = await resign(published);
    for (const { demo } of world.stack.registries) demo.faults.clear();
    expect(listed).toMatchObject({ state: 'signed', code: 'SHADOWED' });
    expect(tagged?.code).toBeUndefined();
    expect(countBundles(published)).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });
});

describe('POST /v1/signatures, beside a stranger’s bundle', () => {
  it('leaves it alone, and says SHADOWED', async () => {
    const [image] = await world.push(CORE, 'stranger');
    if (!image) throw new Error('an image');
    const [client] = world.clients;
    const fixture = new URL('../lib/gallery/fixtures/dsse.json', import.meta.url);
    const [bundle, config] = [await readFile(fixture.pathname), Buffer.from('{}')];
    for (const bytes of [bundle, config]) await client?.pushBlob(CORE, { digest: digestOf(bytes), bytes });
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = json({
      schemaVersion: 2,
      mediaType,
      artifactType: BUNDLE_TYPE,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: 2 },
      layers: [{ mediaType: BUNDLE_TYPE, digest: digestOf(bundle), size: bundle.byteLength }],
      subject: { mediaType, digest: image.digest, size: image.bytes.byteLength },
    });
    await client?.pushManifest(CORE, digestOf(manifest), manifest, mediaType);
    const [result] = await resign({ index: image.digest, images: [] });
    expect(result).toMatchObject({ state: 'signed', code: 'SHADOWED' });
    expect(world.stack.registries[0].demo.store.manifest(CORE, digestOf(manifest))).toBeDefined();
  });
});
