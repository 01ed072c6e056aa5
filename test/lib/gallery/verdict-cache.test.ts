import { describe, expect, it } from 'vitest';
import { createVerdictCache } from '../../../src/lib/gallery/verdict-cache.ts';
import { HttpError } from '../../../src/lib/http-error.ts';
import type { TrustRootMaterial } from '../../../src/lib/sigstore/trusted-root.ts';
import { createFakeVerify } from './fake-repository.ts';
import { setUp } from './signed-image.ts';

/** An image with nothing attached, and a cache on a clock that the test sets. */
async function setUpCache() {
  const image = await setUp();
  const clock = { now: Date.parse('2026-11-01T00:00:00Z') };
  const verdictOf = createVerdictCache(() => clock.now);
  const ask = (reference: string, policyEtag = 'one') =>
    verdictOf({
      repository: image.fake.repository,
      reference,
      policy: { issuer: 'i', identity: 's' },
      policyEtag,
      trust: {} as TrustRootMaterial,
      trustSha256: 'root',
      verify: createFakeVerify().verify,
    });
  return { ...image, clock, ask };
}

describe('createVerdictCache', () => {
  it('keeps a pass for an hour', async () => {
    const { fake, amd64, bundle, clock, ask } = await setUpCache();
    await fake.attach(amd64, bundle);
    await ask(amd64.digest);
    clock.now += 3_599_999;
    expect(await ask(amd64.digest)).toMatchObject({ cached: true, checked_at: '2026-11-01T00:00:00.000Z' });
    clock.now += 1;
    expect(await ask(amd64.digest)).toMatchObject({ cached: false, checked_at: '2026-11-01T01:00:00.000Z' });
  });

  it('keeps no pass whose bundle is longer than 64 KiB', async () => {
    const { fake, amd64, arm64, bundle, ask } = await setUpCache();
    await fake.attach(amd64, { ...bundle, padding: 'x'.repeat(63 * 1024) });
    await fake.attach(arm64, { ...bundle, padding: 'x'.repeat(64 * 1024) });
    for (const { digest } of [amd64, arm64]) await ask(digest);
    expect(await ask(amd64.digest)).toMatchObject({ cached: true, verdict: { verified: true } });
    expect(await ask(arm64.digest)).toMatchObject({ cached: false, verdict: { verified: true } });
  });

  it('keeps no verdict whose part for LocalAI rests on an error', async () => {
    const { fake, amd64, bundle, ask } = await setUpCache();
    const { digest } = await fake.attach(amd64, { refused: 'SIGNATURE_INVALID' });
    await fake.attach(amd64, bundle);
    fake.errors.set(digest, new HttpError('PEER_FAILED', 'status 503'));
    const before = await ask(amd64.digest);
    expect(before.verdict).toMatchObject({ verified: true, localai: { verified: false, code: 'PEER_FAILED' } });
    fake.errors.clear();
    const after = await ask(amd64.digest);
    expect(after).toMatchObject({ cached: false, verdict: { localai: { code: 'SIGNATURE_INVALID' } } });
  });
});
