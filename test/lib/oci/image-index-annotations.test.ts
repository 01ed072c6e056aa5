import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../../src/lib/oci/descriptor.ts';
import { buildIndex, type IndexAnnotation } from '../../../src/lib/oci/image-index.ts';
import { DOCKER_MANIFEST, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';

const AMD64: Descriptor = {
  mediaType: OCI_MANIFEST,
  digest: `sha256:${'a'.repeat(64)}`,
  size: 7,
  platform: { os: 'linux', architecture: 'amd64' },
};
const ARM: Descriptor = {
  mediaType: OCI_MANIFEST,
  digest: `sha256:${'b'.repeat(64)}`,
  size: 8,
  annotations: { z: '1', 'org.a': 'old' },
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
};

const onIndex = (key: string, value: string): IndexAnnotation => ({ level: 'index', key, value });
const onDescriptors = (key: string, value: string, platform?: string): IndexAnnotation => ({
  level: 'manifest-descriptor',
  platform,
  key,
  value,
});

async function build(children: readonly Descriptor[], annotations: readonly IndexAnnotation[]) {
  const { bytes, digest } = await buildIndex(children, annotations);
  const text = new TextDecoder().decode(bytes);
  return { text, digest, index: JSON.parse(text) };
}

describe('buildIndex', () => {
  describe('when annotations are asked for', () => {
    it('writes them as Go writes the OCI’s own structure', async () => {
      const { text, digest } = await build(
        [AMD64, ARM],
        [
          onIndex('org.opencontainers.image.title', 'A <b> & "c" é\u2028'),
          onIndex('10', 'ten'),
          onIndex('9', 'nine'),
          onIndex('B', ''),
          onIndex('a', '1'),
          onDescriptors('org.a', 'new', 'linux/arm/v7'),
          onDescriptors('every', 'x'),
        ],
      );
      expect(text).toContain(
        '  "annotations": {\n    "10": "ten",\n    "9": "nine",\n    "B": "",\n    "a": "1",\n' +
          '    "org.opencontainers.image.title": "A \\u003cb\\u003e \\u0026 \\"c\\" é\\u2028"\n  }\n}',
      );
      // Of the bytes that json.MarshalIndent gave for specs-go's Index with the same content.
      expect(digest).toBe('sha256:da0a3ee07b61ffdf7cd43bb19589f2ab888667ed283bd7f64da27d7d8c85c0b9');
    });

    it('puts one of a platform on its descriptors only', async () => {
      const { index } = await build([AMD64, ARM], [onDescriptors('k', 'v', 'linux/amd64')]);
      expect(index.manifests.map((child: Descriptor) => child.annotations?.k)).toEqual(['v', undefined]);
    });

    it('knows a platform by another of its names', async () => {
      const { index } = await build([AMD64], [onDescriptors('k', 'v', 'linux/x86_64')]);
      expect(index.manifests[0].annotations).toEqual({ k: 'v' });
    });

    it('leaves a descriptor without a platform out of those of one', async () => {
      const { platform: _, ...bare } = AMD64;
      const { index } = await build([bare], [onDescriptors('k', 'v', 'linux/amd64')]);
      expect(index.manifests[0].annotations).toBeUndefined();
    });

    it('keeps the last of two of the same key', async () => {
      const { index } = await build([AMD64], [onIndex('k', 'first'), onIndex('k', 'last')]);
      expect(index.annotations).toEqual({ k: 'last' });
    });

    it('changes no descriptor that it was given', async () => {
      await build([ARM], [onDescriptors('org.a', 'new')]);
      expect(ARM.annotations).toEqual({ z: '1', 'org.a': 'old' });
    });

    it('writes none into a Docker manifest list, as buildx does', async () => {
      const docker = [{ ...AMD64, mediaType: DOCKER_MANIFEST }];
      const annotated = await build(docker, [onIndex('k', 'v'), onDescriptors('k', 'v')]);
      expect(annotated.text).toBe((await build(docker, [])).text);
    });
  });

  it('writes no empty annotations where none are asked for', async () => {
    expect((await build([AMD64], [])).text).not.toContain('annotations');
  });
});
