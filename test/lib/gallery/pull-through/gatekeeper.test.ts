import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../../src/lib/http-error.ts';
import { addLayered, addSigned, codeOf, POLICY, withGatekeeper } from './setup.ts';

const HOUR_MS = 3_600_000;

describe('Gatekeeper.admit', () => {
  it('admits a signed index by tag, with its bytes', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index } = await addSigned(fake);
      const admission = await keeper.admit('v1');
      expect(admission).toEqual({ admitted: true, manifest: fake.manifests.get(index.digest) });
    }));

  it('admits a signed child by digest', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { arm64 } = await addSigned(fake);
      expect(await keeper.admit(arm64.image.digest)).toMatchObject({ admitted: true });
    }));

  it('refuses a child of a signed index that is not signed itself', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { amd64 } = await addSigned(fake);
      fake.referrers.delete(amd64.image.digest);
      expect(await keeper.admit('v1')).toMatchObject({ admitted: true });
      expect(await keeper.admit(amd64.image.digest)).toEqual({
        admitted: false,
        digest: amd64.image.digest,
        flaw: { code: 'SIGNATURE_MISSING', detail: 'no Sigstore bundle is attached' },
      });
    }));

  it('does not know what is not there', () =>
    withGatekeeper(async ({ keeper }) => {
      expect(await codeOf(keeper.admit('v1'))).toBe('MANIFEST_UNKNOWN');
      expect(await codeOf(keeper.admit(`sha256:${'0'.repeat(64)}`))).toBe('MANIFEST_UNKNOWN');
    }));

  it('asks once for a digest that is not there', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      await codeOf(keeper.admit(`sha256:${'0'.repeat(64)}`));
      expect(fake.calls).toHaveLength(1);
    }));

  it('pulls no child for the tag of an index', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { amd64, arm64 } = await addSigned(fake);
      await keeper.admit('v1');
      expect(fake.calls).not.toContain(`GET ${amd64.image.digest}`);
      expect(fake.calls).not.toContain(`GET ${arm64.image.digest}`);
    }));

  it('gives no verdict where the registry gives none', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { index } = await addSigned(fake);
      fake.errors.set(index.digest, new HttpError('PEER_FAILED', 'status 500'));
      expect(await codeOf(keeper.admit('v1'))).toBe('PEER_FAILED');
    }));

  it('reaches a verdict once for many at a time', () =>
    withGatekeeper(async ({ fake, keeper, verified }) => {
      const { index } = await addSigned(fake);
      await Promise.all([keeper.admit(index.digest), keeper.admit('v1'), keeper.admit(index.digest)]);
      expect(verified()).toBe(1);
      expect(fake.calls.filter((call) => call === `LIST ${index.digest}`)).toHaveLength(1);
    }));

  describe('when it was verified before', () => {
    it('asks the registry for nothing but the tag', () =>
      withGatekeeper(async ({ fake, keeper, create }) => {
        await addSigned(fake);
        await keeper.admit('v1');
        fake.calls.length = 0;
        expect(await create().admit('v1')).toMatchObject({ admitted: true });
        expect(fake.calls).toEqual(['HEAD v1']);
      }));

    it('goes on where the registry is down', () =>
      withGatekeeper(async ({ fake, keeper }) => {
        const { index } = await addSigned(fake);
        await keeper.admit(index.digest);
        fake.errors.set(index.digest, new HttpError('PEER_UNREACHABLE', 'reset'));
        expect(await keeper.admit(index.digest)).toMatchObject({ admitted: true });
      }));
  });

  it.each([
    ['an hour has passed', HOUR_MS, {}, 'root1'],
    ['the policy is another', 0, { policies: [{ ...POLICY, etag: 'e2' }] }, 'root1'],
    ['it is no longer read with our credentials', 0, { isPublic: true }, 'root1'],
    ['the trusted root is another', 0, {}, 'root2'],
  ])('verifies again where %s', (_, passed, change, root) =>
    withGatekeeper(async ({ fake, keeper, create, clock, trust }) => {
      const { index } = await addSigned(fake);
      await keeper.admit(index.digest);
      fake.referrers.delete(index.digest);
      clock.now += passed;
      trust.sha256 = root;
      expect(await create(change).admit(index.digest)).toMatchObject({ admitted: false });
    }),
  );

  it('does not know an image that was deleted with its referrers', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { index } = await addSigned(fake);
      await keeper.admit(index.digest);
      fake.referrers.delete(index.digest);
      fake.manifests.delete(index.digest);
      clock.now += HOUR_MS;
      expect(await codeOf(keeper.admit(index.digest))).toBe('MANIFEST_UNKNOWN');
    }));

  it('looks again at what it refused after ten seconds', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { image } = await addLayered(fake, 'amd64');
      expect(await keeper.admit(image.digest)).toMatchObject({ admitted: false });
      await fake.attach(image, { subjects: [image.digest] });
      clock.now += 9_000;
      expect(await keeper.admit(image.digest)).toMatchObject({ admitted: false });
      clock.now += 1_000;
      expect(await keeper.admit(image.digest)).toMatchObject({ admitted: true });
    }));

  it('follows a tag that moved after five seconds', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      await addSigned(fake);
      await keeper.admit('v1');
      const { image } = await addLayered(fake, 's390x');
      fake.tags.set('v1', image.digest);
      clock.now += 5_000;
      expect(await keeper.admit('v1')).toMatchObject({ admitted: false, digest: image.digest });
    }));

  describe('when several projects publish there', () => {
    const pinned = { ...POLICY, policy: { ...POLICY.policy, source_repository_id: '1' }, etag: 'e2' };

    it('is content with one policy that is met', () =>
      withGatekeeper(
        async ({ fake, keeper }) => {
          const { image } = await addLayered(fake, 'amd64');
          await fake.attach(image, { subjects: [image.digest], unpinned: true });
          expect(await keeper.admit(image.digest)).toMatchObject({ admitted: true });
        },
        { policies: [pinned, POLICY] },
      ));

    it('tells the refusal that got furthest', () =>
      withGatekeeper(
        async ({ fake, keeper }) => {
          const { image } = await addLayered(fake, 'amd64');
          await fake.attach(image, { subjects: [image.digest], unpinned: true });
          expect(await keeper.admit(image.digest)).toMatchObject({ flaw: { code: 'IDENTITY_MISMATCH' } });
        },
        { policies: [pinned] },
      ));
  });

  it('refuses a tag that names a part of what is signed', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { amd64 } = await addSigned(fake);
      fake.tags.set('leg', amd64.image.digest);
      expect(await keeper.admit('leg')).toMatchObject({ admitted: false, flaw: { code: 'SUBJECT_MISMATCH' } });
    }));

  describe('when the policy only warns', () => {
    it('admits a tag that names a part of what is signed, and tells', () =>
      withGatekeeper(
        async ({ fake, keeper }) => {
          const { amd64 } = await addSigned(fake);
          fake.tags.set('leg', amd64.image.digest);
          expect(await keeper.admit('leg')).toMatchObject({ admitted: true, flaw: { code: 'SUBJECT_MISMATCH' } });
        },
        { warnOnly: true },
      ));

    it('admits what fails, and tells its flaw', () =>
      withGatekeeper(
        async ({ fake, keeper }) => {
          const { image, layer } = await addLayered(fake, 'amd64');
          expect(await keeper.admit(image.digest)).toMatchObject({
            admitted: true,
            flaw: { code: 'SIGNATURE_MISSING' },
          });
          expect(await keeper.admitBlob(layer.digest)).toBe(layer.size);
        },
        { warnOnly: true },
      ));
  });
});

describe('Gatekeeper.admitBlob', () => {
  it('admits config and layers of a verified image, with their sizes', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { amd64 } = await addSigned(fake);
      await keeper.admit(amd64.image.digest);
      expect(await keeper.admitBlob(amd64.layer.digest)).toBe(amd64.layer.size);
      expect(await keeper.admitBlob(amd64.config.digest)).toBe(amd64.config.size);
    }));

  it('admits the bundle that passed', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { bundle } = await addSigned(fake);
      await keeper.admit('v1');
      const blob = await fake.addBlob(JSON.stringify(bundle));
      expect(await keeper.admitBlob(blob.digest)).toBe(blob.size);
    }));

  it.each(['before its image was asked for', 'where its image is refused'])('does not know a blob %s', (when) =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { image, layer } = await addLayered(fake, 'amd64');
      if (when.startsWith('where')) await keeper.admit(image.digest);
      expect(await codeOf(keeper.admitBlob(layer.digest))).toBe('BLOB_UNKNOWN');
    }),
  );

  it('does not take a child for a blob', () =>
    withGatekeeper(async ({ fake, keeper }) => {
      const { amd64 } = await addSigned(fake);
      await keeper.admit('v1');
      expect(await codeOf(keeper.admitBlob(amd64.image.digest))).toBe('BLOB_UNKNOWN');
    }));

  it('withdraws a blob when its image no longer verifies', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { amd64 } = await addSigned(fake);
      await keeper.admit(amd64.image.digest);
      fake.referrers.delete(amd64.image.digest);
      clock.now += HOUR_MS;
      expect(await codeOf(keeper.admitBlob(amd64.layer.digest))).toBe('BLOB_UNKNOWN');
    }));

  it('gives no answer where nobody can tell now', () =>
    withGatekeeper(async ({ fake, keeper, clock }) => {
      const { amd64 } = await addSigned(fake);
      await keeper.admit(amd64.image.digest);
      clock.now += HOUR_MS;
      fake.errors.set(amd64.image.digest, new HttpError('PEER_TIMEOUT', 'slow'));
      expect(await codeOf(keeper.admitBlob(amd64.layer.digest))).toBe('PEER_TIMEOUT');
    }));
});
