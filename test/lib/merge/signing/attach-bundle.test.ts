import { describe, expect, it } from 'vitest';
import { attachBundle, listInFallbackTags, uploadBundle } from '../../../../src/lib/merge/signing/attach-bundle.ts';
import type { Locks } from '../../../../src/lib/merge/types.ts';
import type { Descriptor } from '../../../../src/lib/oci/descriptor.ts';
import { type Digest, sha256 } from '../../../../src/lib/oci/digest.ts';
import { OciError } from '../../../../src/lib/oci/error.ts';
import { parseManifest, type RawManifest } from '../../../../src/lib/oci/manifest.ts';
import { digestOf } from '../make.ts';
import { makeRepository } from '../steps/context.ts';

const subjects = ['a', 'b'].map((letter) => ({ mediaType: 'x/y', digest: digestOf(letter), size: 7 }));

/** A registry, and the locks of its fallback tags; every call in the order it came. */
async function attach(hasApi: boolean, isKnown = false, isGone = false) {
  const calls: string[] = [];
  const pushed: RawManifest[] = [];
  const fallback: { subject: Digest; descriptor: Descriptor }[] = [];
  const repository = makeRepository('registry.test/a/b', {
    keepBlob: async (bytes) => {
      calls.push('blob');
      return sha256(bytes);
    },
    forgetBlobs: () => void calls.push('forget'),
    pushBlob: async (bytes) => {
      calls.push('blob');
      return sha256(bytes);
    },
    pushManifest: async (_, manifest) => {
      calls.push('manifest');
      if (isGone && !calls.includes('forget')) throw new OciError('MANIFEST_INVALID', 'BLOB_UNKNOWN');
      pushed.push(manifest as RawManifest);
    },
  });
  const locks = {
    readReferrers: async () => void calls.push('read ahead'),
    attachReferrer: async (_: string, subject: Digest, descriptor: Descriptor) => {
      calls.push('fallback');
      fallback.push({ subject, descriptor });
    },
  } as unknown as Locks;
  const services = {
    needsFallbackTags: () => isKnown && !hasApi,
    hasReferrersApi: async (_: unknown, probe: Digest) => {
      calls.push(`probe ${pushed.some(({ digest }) => digest === probe)}`);
      return hasApi;
    },
  };
  const attachment = { repository, subjects, bundle: '{"a":"bundle"}', signedAt: 0 };
  await uploadBundle(repository, attachment.bundle);
  const attached = await attachBundle(attachment, { services, locks });
  if (!attached.api) await listInFallbackTags(attachment, locks);
  return { calls, pushed, fallback, attached };
}

describe('attachBundle', () => {
  it('attaches the same bundle to each subject', async () => {
    const parsed = (await attach(true)).pushed.map(parseManifest);
    expect(parsed.map(({ subject }) => subject?.digest)).toEqual(subjects.map(({ digest }) => digest));
    expect(new Set(parsed.map((one) => one.kind === 'image' && one.layers[0]?.digest)).size).toBe(1);
  });
  it('has the bundle, and the empty config, uploaded before', async () => {
    expect((await attach(true)).calls.slice(0, 4)).toEqual(['blob', 'blob', 'manifest', 'manifest']);
  });
  it('gives the registry the empty config once more where it has lost it', async () => {
    const { calls, pushed } = await attach(true, false, true);
    expect(pushed).toHaveLength(2);
    expect(calls).toContain('forget');
  });
  it('asks for the referrers API only by what it has pushed: a registry keeps an empty answer', async () => {
    expect((await attach(true)).calls.at(-1)).toBe('probe true');
  });
  it('says by which manifest each subject is signed', async () => {
    const { attached, pushed } = await attach(true);
    expect(Object.values(attached.bundles)).toEqual(pushed.map(({ digest }) => digest));
  });

  describe('when the registry keeps no list', () => {
    it('adds each to its subject’s fallback tag, through the lock', async () => {
      const { fallback, attached } = await attach(false);
      expect(fallback.map(({ subject, descriptor }) => [subject, descriptor.digest])).toEqual(
        Object.entries(attached.bundles),
      );
    });
    it('has the fallback tags read meanwhile, once that is known', async () => {
      expect((await attach(false)).calls).not.toContain('read ahead');
      expect((await attach(false, true)).calls.filter((call) => call === 'read ahead')).toHaveLength(2);
    });
    it('gives the descriptors all that a list would have', async () => {
      const { fallback } = await attach(false);
      expect(fallback[0]?.descriptor).toMatchObject({
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
      });
    });
  });
});
