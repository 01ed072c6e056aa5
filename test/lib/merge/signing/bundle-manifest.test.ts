import { describe, expect, it } from 'vitest';
import {
  BUNDLE_MEDIA_TYPE,
  buildBundleManifest,
  EMPTY_CONFIG,
} from '../../../../src/lib/merge/signing/bundle-manifest.ts';
import { sha256 } from '../../../../src/lib/oci/digest.ts';
import { parseManifest } from '../../../../src/lib/oci/manifest.ts';
import { digestOf } from '../make.ts';

const subject = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf('a'), size: 700 };
const layer = { mediaType: BUNDLE_MEDIA_TYPE, digest: digestOf('b'), size: 90 };
const build = () => buildBundleManifest(subject, layer, Date.UTC(2026, 10, 1, 12, 30, 15, 678));

describe('buildBundleManifest', () => {
  it('is what cosign writes, member for member', async () => {
    expect(JSON.parse(new TextDecoder().decode((await build()).bytes))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
      layers: [layer],
      subject,
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
        'org.opencontainers.image.created': '2026-11-01T12:30:15Z',
      },
    });
  });
  it('names the config that is pushed beside it', async () => {
    const parsed = parseManifest(await build());
    expect(parsed.kind === 'image' && parsed.config.digest).toBe(await sha256(EMPTY_CONFIG));
  });
  it('is the same bytes for the same bundle and subject', async () => {
    expect((await build()).digest).toBe((await build()).digest);
  });
  it('describes itself as a list of referrers does', async () => {
    const { descriptor, digest, size } = await build();
    expect(descriptor).toMatchObject({ digest, size, artifactType: BUNDLE_MEDIA_TYPE });
    expect(descriptor.annotations).toHaveProperty('dev.sigstore.bundle.predicateType');
  });
});
