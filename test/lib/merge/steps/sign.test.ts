import { describe, expect, it } from 'vitest';
import type { VerifiedBundles } from '../../../../src/lib/gallery/judge.ts';
import { signImage } from '../../../../src/lib/merge/steps/sign.ts';
import type { StepContext } from '../../../../src/lib/merge/types.ts';
import { parseTrustedRoot } from '../../../../src/lib/sigstore/trusted-root.ts';
import { dsse, dsseRoot, POLICY } from '../../sigstore/setup.ts';
import { contextOf } from './context.ts';

/** Signs, where what comes back is this bundle. */
function sign(bundle: object, trust = async () => parseTrustedRoot(dsseRoot)) {
  const verified: VerifiedBundles = new Map();
  let signed = 0;
  const services = { policy: () => POLICY, trust } as unknown as StepContext['services'];
  const context = contextOf([], {
    services,
    verified,
    sign: async () => {
      signed += 1;
      return { signed: { json: JSON.stringify(bundle), logIndex: '1', signedAt: 1 }, signer: 'x' };
    },
  });
  return { verified, signed: () => signed, result: signImage(context) };
}

describe('signImage', () => {
  it.each([
    ['is spoilt', { ...dsse, dsseEnvelope: { ...dsse.dsseEnvelope, payload: 'e30=' } }, 'SIGNATURE_INVALID'],
    ['is for something else', dsse, 'SUBJECT_MISMATCH'],
    ['is none', {}, 'BUNDLE_MALFORMED'],
  ])('keeps no bundle that %s, so that the next try signs anew', async (_, bundle, code) => {
    const { verified, result } = sign(bundle);
    await expect(result).rejects.toMatchObject({
      code: 'SELF_VERIFICATION_FAILED',
      message: expect.stringContaining(code),
    });
    expect(verified.size).toBe(0);
  });
  it('signs nothing where there is no trusted root to check it by', async () => {
    const expired = new Error('expired');
    const { signed, result } = sign(dsse, () => Promise.reject(expired));
    await expect(result).rejects.toBe(expired);
    expect(signed()).toBe(0);
  });
});
