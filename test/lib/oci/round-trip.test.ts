import { describe, expect, it } from 'vitest';
import { createDemoRegistry, type DemoRegistryOptions } from '../../../demo/registry/registry.ts';
import type { Fetch } from '../../../src/lib/http.ts';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';
import { mergeReferrer, referrersTag } from '../../../src/lib/oci/referrers.ts';
import { createRegistry } from '../../../src/lib/oci/registry.ts';
import { fakeCaller } from '../fake-caller.ts';

const ORIGIN = 'http://localhost:5000';
const account = { username: 'robot', password: 'secret', origin: ORIGIN };
const encode = (text: string) => new TextEncoder().encode(text);

/** A client of a demo registry, with its credential where it wants one. */
function connect(options: DemoRegistryOptions = {}) {
  const demo = createDemoRegistry(options);
  const fetch: Fetch = async (input, init) => {
    const answered = demo.fetch(new Request(input, init));
    const aborted = new Promise<never>((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
    return Promise.race([answered, aborted]);
  };
  const caller = { ...fakeCaller(() => new Response(), { timeoutMs: 50 }), fetch };
  const registry = createRegistry({
    caller,
    host: 'localhost:5000',
    origin: ORIGIN,
    realms: [`${ORIGIN}/token`],
    ...(options.auth ? { credential: account } : {}),
  });
  return { demo, registry, repository: registry.repository('team/app') };
}

async function imageOf(label: string) {
  const config = encode(JSON.stringify({ os: 'linux', architecture: 'amd64', label }));
  const layer = encode(`layer of ${label} `.repeat(20));
  const describeBlob = async (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: await sha256(bytes),
    size: bytes.byteLength,
  });
  const manifest = encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: await describeBlob('application/vnd.oci.image.config.v1+json', config),
      layers: [await describeBlob('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  return { config, layer, manifest, digest: await sha256(manifest), layerDigest: await sha256(layer) };
}

async function pushImage({ repository }: ReturnType<typeof connect>, label: string, tag?: string) {
  const image = await imageOf(label);
  await repository.pushBlob(image.config);
  await repository.pushBlob(image.layer);
  await repository.pushManifest(tag ?? image.digest, { bytes: image.manifest, mediaType: OCI_MANIFEST });
  return image;
}

describe('a repository', () => {
  describe.each<[string, DemoRegistryOptions]>([
    ['of an open registry', {}],
    ['of one that wants tokens', { auth: account }],
    ['of one that takes no blob with a POST', { singlePost: false }],
  ])('%s', (_, options) => {
    it('gives back what was pushed', async () => {
      const client = connect(options);
      const { digest, manifest, layer, layerDigest } = await pushImage(client, 'a', 'v1');
      const { repository } = client;
      expect((await repository.headManifest('v1'))?.digest).toBe(digest);
      expect((await repository.pullManifest('v1'))?.bytes).toEqual(manifest);
      expect(await repository.pullBlob(layerDigest, 1000)).toEqual(layer);
      expect(await repository.hasBlob(layerDigest)).toBe(true);
    });
    it('deletes a tag, and not what it names', async () => {
      const client = connect(options);
      const { digest } = await pushImage(client, 'a', 'v1');
      await pushImage(client, 'a', 'v2');
      expect(await client.repository.deleteTag('v1')).toBe('deleted');
      expect(await client.repository.deleteTag('v1')).toBe('absent');
      expect((await client.repository.headManifest('v2'))?.digest).toBe(digest);
    });
    it('takes a blob over from another repository, or has it copied', async () => {
      const client = connect(options);
      const { layerDigest } = await pushImage(client, 'a');
      const other = client.registry.repository('team/other');
      expect(await other.mountBlob(layerDigest, 'team/app')).toBe(true);
      expect(await other.hasBlob(layerDigest)).toBe(true);
      expect(await other.mountBlob(await sha256(encode('absent')), 'team/app')).toBe(false);
    });
    it('copies a blob from another registry in chunks', async () => {
      const [from, into] = [connect(), connect(options)];
      const { layer, layerDigest } = await pushImage(from, 'a');
      await into.repository.copyBlob(layerDigest, layer.byteLength, from.repository, { chunkBytes: 100 });
      expect(await into.repository.pullBlob(layerDigest, 1000)).toEqual(layer);
    });
  });

  it('lists its tags over pages', async () => {
    const client = connect({ pageSize: 2 });
    for (const tag of ['a', 'b', 'c', 'd', 'e']) await pushImage(client, 'x', tag);
    const tags: string[] = [];
    for await (const page of client.repository.listTags()) tags.push(...page);
    expect(tags).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  describe.each([true, false])('whose registry lists referrers: %s', (referrersApi) => {
    async function attach(client: ReturnType<typeof connect>, count: number) {
      const { digest, manifest } = await pushImage(client, 'subject', 'v1');
      const subject = { mediaType: OCI_MANIFEST, digest, size: manifest.byteLength };
      const attached: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const empty = encode('{}');
        await client.repository.pushBlob(empty);
        const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: await sha256(empty), size: 2 };
        const bytes = encode(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: OCI_MANIFEST,
            artifactType: `test/type-${index}`,
            config,
            layers: [config],
            subject,
          }),
        );
        const referrer = { mediaType: OCI_MANIFEST, digest: await sha256(bytes), size: bytes.byteLength };
        await client.repository.pushManifest(referrer.digest, { bytes, mediaType: OCI_MANIFEST });
        if (!referrersApi) {
          const tag = referrersTag(digest);
          const present = await client.repository.pullManifest(tag);
          await client.repository.pushManifest(tag, await mergeReferrer(present, referrer, digest));
        }
        attached.push(referrer.digest);
      }
      return { digest, attached };
    }

    it('finds what is attached', async () => {
      const client = connect({ referrersApi, pageSize: 2 });
      const { digest, attached } = await attach(client, 3);
      const { descriptors, api } = await client.repository.listReferrers(digest);
      expect(descriptors.map((descriptor) => descriptor.digest).sort()).toEqual(attached.sort());
      expect(api).toBe(referrersApi);
    });
    it('knows it when it is asked', async () => {
      const client = connect({ referrersApi });
      const { attached } = await attach(client, 1);
      expect(await client.repository.hasReferrersApi(attached[0] as `sha256:${string}`)).toBe(referrersApi);
    });
  });

  describe('when one call goes wrong', () => {
    const KINDS = ['reset-before', 'reset-after', 'timeout', 'timeout-after', 'truncate'] as const;
    const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;
    const cases = METHODS.flatMap((method) => [
      ...KINDS.map((kind) => [method, kind, 0] as const),
      ...[429, 500, 502].map((status) => [method, 'status', status] as const),
    ]);
    it.each(cases)('ends well all the same: %s, %s %i', async (method, kind, status) => {
      const [from, into] = [connect(), connect({ auth: account })];
      const { layer, layerDigest, manifest, digest } = await pushImage(from, 'a');
      for (const { demo } of [from, into])
        demo.faults.add({ kind, match: (request) => request.method === method, ...(status ? { status } : {}) });
      await into.repository.copyBlob(layerDigest, layer.byteLength, from.repository, { chunkBytes: 100 });
      await into.repository.pushBlob((await imageOf('a')).config);
      await into.repository.pushManifest('v1', { bytes: manifest, mediaType: OCI_MANIFEST });
      expect((await into.repository.headManifest('v1'))?.digest).toBe(digest);
      expect(await into.repository.pullBlob(layerDigest, 1000)).toEqual(layer);
      await into.repository.deleteTag('v1');
      expect(await into.repository.pullManifest('v1')).toBeUndefined();
      expect(await into.repository.pullManifest(digest)).toMatchObject({ bytes: manifest });
      expect(into.demo.faults.pending).toBe(0);
    });
  });

  it('does not take an index whose children are not there', async () => {
    const { repository } = connect();
    const child = { mediaType: OCI_MANIFEST, digest: `sha256:${'a'.repeat(64)}`, size: 7 };
    const bytes = encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }));
    await expect(repository.pushManifest('v1', { bytes, mediaType: OCI_INDEX })).rejects.toMatchObject({
      code: 'UNEXPECTED_STATUS',
    });
  });
});
