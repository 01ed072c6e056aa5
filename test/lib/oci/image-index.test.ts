import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../../src/lib/oci/descriptor.ts';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { buildIndex } from '../../../src/lib/oci/image-index.ts';
import { parseManifest } from '../../../src/lib/oci/manifest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';
import { platformOfConfig } from '../../../src/lib/oci/platform.ts';
import vectors from '../../fixtures/imagetools/vectors.json';

interface Source {
  readonly mediaType: string;
  readonly manifest: string;
  readonly config?: string;
}
const encode = (text: string) => new TextEncoder().encode(text);

/** What a source adds to an index: an index its descriptors, an image its own. */
async function descriptorsOf({ mediaType, manifest, config }: Source): Promise<readonly Descriptor[]> {
  const bytes = encode(manifest);
  const parsed = parseManifest({ bytes, mediaType });
  if (parsed.kind === 'index') return parsed.manifests;
  const platform = config === undefined ? undefined : platformOfConfig(encode(config));
  return [{ mediaType, digest: await sha256(bytes), size: bytes.byteLength, ...(platform ? { platform } : {}) }];
}

const digest = `sha256:${'a'.repeat(64)}` as const;
const child = { mediaType: OCI_MANIFEST, digest, size: 7 };
const text = async (children: readonly Descriptor[]) => new TextDecoder().decode((await buildIndex(children)).bytes);

describe('buildIndex', () => {
  describe('when buildx imagetools create made one over the same images', () => {
    it.each(Object.entries(vectors))('writes the same bytes: %s', async (_, { sources, mediaType, index }) => {
      const built = await buildIndex((await Promise.all(sources.map(descriptorsOf))).flat());
      expect(new TextDecoder().decode(built.bytes)).toBe(index);
      expect(built.mediaType).toBe(mediaType);
    });
  });

  it('gives the digest and the size of its bytes', async () => {
    const { bytes, digest, size } = await buildIndex([child]);
    expect([digest, size]).toEqual([await sha256(bytes), bytes.byteLength]);
  });
  it.each([
    ['Docker manifests make a Docker list', [DOCKER_MANIFEST, DOCKER_MANIFEST], DOCKER_LIST],
    ['OCI manifests make an OCI index', [OCI_MANIFEST, OCI_MANIFEST], OCI_INDEX],
    ['both make an OCI index', [DOCKER_MANIFEST, OCI_MANIFEST], OCI_INDEX],
  ])('%s', async (_, types, expected) => {
    const children = types.map((mediaType) => ({ ...child, mediaType }));
    expect((await buildIndex(children)).mediaType).toBe(expected);
  });
  it('keeps the order of its children', async () => {
    const second = { ...child, digest: `sha256:${'0'.repeat(64)}` as const };
    expect(parseManifest(await buildIndex([child, second]))).toMatchObject({ manifests: [child, second] });
  });
  it('ends without a line break', async () => expect((await text([child])).endsWith('}')).toBe(true));
  it('keeps a size of 0', async () => expect(await text([{ ...child, size: 0 }])).toContain('"size": 0'));
  it('leaves out what is empty', async () => {
    const empty = { urls: [], annotations: {}, data: '', artifactType: '' };
    expect(await text([{ ...child, ...empty }])).toBe(await text([child]));
  });
  it('leaves out what Go does not know', async () => {
    const unknown: Descriptor & { later: string } = { ...child, later: 'x' };
    expect(await text([unknown])).toBe(await text([child]));
  });
  it('keeps an empty os and architecture', async () =>
    expect(await text([{ ...child, platform: { os: '', architecture: '' } }])).toContain('"architecture": ""'));
  it('writes half a surrogate pair as Go does', async () =>
    expect(await text([{ ...child, annotations: { a: '\ud800' } }])).toContain('"a": "\ufffd"'));
});
