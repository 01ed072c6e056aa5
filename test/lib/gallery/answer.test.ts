import { describe, expect, it } from 'vitest';
import { describeVerdict } from '../../../src/lib/gallery/answer.ts';
import { verifyImage } from '../../../src/lib/gallery/verify-image.ts';
import type { TrustRootMaterial } from '../../../src/lib/sigstore/trusted-root.ts';
import { createFakeVerify } from './fake-repository.ts';
import { setUpSigned } from './signed-image.ts';

/** Answers for an image that passes. */
async function setUpAnswer() {
  const { fake, amd64, bundle } = await setUpSigned();
  const policy = { issuer: 'i', identity: 's' };
  const { verify } = createFakeVerify();
  const verdict = await verifyImage({
    repository: fake.repository,
    reference: amd64.digest,
    policy,
    trust: {} as TrustRootMaterial,
    verify,
  });
  if (!verdict.found) throw new Error('it is there');
  const describeWith = (room?: { left: number }) =>
    describeVerdict(verdict, {
      ref: 'r',
      repository: 'h/a',
      policy: { policy, etag: 'e', loose: false },
      trust: { source: 's', sha256: 'x', fetched_at: '' },
      dated: { cached: false, checked_at: '' },
      ...(room ? { room } : {}),
    });
  return { bundle, length: JSON.stringify(bundle).length, describeWith };
}

describe('describeVerdict', () => {
  it('has a bundle only where one is wanted', async () => {
    const { bundle, describeWith } = await setUpAnswer();
    expect(describeWith()).not.toHaveProperty('bundle');
    expect(describeWith({ left: 1024 * 1024 })).toMatchObject({ verified: true, bundle });
  });
  it('says that one is left out where the answer has no more room', async () => {
    const { bundle, length, describeWith } = await setUpAnswer();
    const room = { left: 2 * length - 1 };
    expect(describeWith(room)).toMatchObject({ bundle });
    expect(describeWith(room)).toMatchObject({ verified: true, bundle_omitted: expect.any(String) });
    expect(describeWith(room)).not.toHaveProperty('bundle');
  });
});
