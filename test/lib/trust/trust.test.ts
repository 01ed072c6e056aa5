import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/lib/outcome.ts';
import type { TufInstance } from '../../../src/lib/trust/instance.ts';
import { createTrust, type TrustObject } from '../../../src/lib/trust/trust.ts';
import type { HeldDocuments } from '../../../src/lib/trust/trust-store.ts';
import trustedRoot from '../gallery/fixtures/dsse-trusted-root.json';
import { codeOf, HOUR_MS, MIRROR, trustedRootText } from './setup.ts';

const START = Date.UTC(2026, 10, 1);
const KEPT_MS = 300_000;
const SIGNING = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [{ url: 'https://ca.test', majorApiVersion: 1 }],
  rekorTlogUrls: [{ url: 'https://log.test', majorApiVersion: 1 }],
};
const instance: TufInstance = { kind: 'tuf', mirror: MIRROR, root: '{}' };

/** An isolate's view of an object that answers what the test sets. */
function setUp() {
  const clock = { now: START };
  const held: HeldDocuments = {
    trusted_root: trustedRootText('first'),
    signing_config: JSON.stringify(SIGNING),
    source: 'tuf',
    fetched_at: START,
    expires_at: START + HOUR_MS,
  };
  const answer: { current: Outcome<HeldDocuments> | Error } = { current: { ok: true, value: held } };
  const calls = { count: 0 };
  const object: TrustObject = {
    current: async () => {
      calls.count += 1;
      if (answer.current instanceof Error) throw answer.current;
      return answer.current;
    },
  };
  const trust = createTrust({ instance, now: () => clock.now, object: () => object });
  const give = (change: Partial<HeldDocuments>) => {
    answer.current = { ok: true, value: { ...held, ...change } };
  };
  return { trust, clock, answer, calls, give };
}

describe('createTrust', () => {
  it('says what is in force, and since when', async () => {
    const { trust } = setUp();
    expect(await trust.trust()).toMatchObject({
      source: 'tuf',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      fetched_at: '2026-11-01T00:00:00.000Z',
    });
  });
  it('asks the object again after five minutes', async () => {
    const { trust, clock, calls } = setUp();
    await trust.trust();
    clock.now += KEPT_MS - 1;
    await trust.trust();
    expect(calls.count).toBe(1);
    clock.now += 1;
    await trust.signing();
    expect(calls.count).toBe(2);
  });
  it('parses a document once', async () => {
    const { trust, clock, give } = setUp();
    const { material } = await trust.trust();
    clock.now += KEPT_MS;
    give({ fetched_at: clock.now });
    expect(await trust.trust()).toMatchObject({ fetched_at: '2026-11-01T00:05:00.000Z' });
    expect((await trust.trust()).material).toBe(material);
  });
  it('takes a newer document over', async () => {
    const { trust, clock, give } = setUp();
    const { sha256 } = await trust.trust();
    clock.now += KEPT_MS;
    give({ trusted_root: trustedRootText('second') });
    expect((await trust.trust()).sha256).not.toBe(sha256);
  });
  it('keeps what it has while the object does not answer', async () => {
    const { trust, clock, answer } = setUp();
    await trust.trust();
    answer.current = new Error('overloaded');
    clock.now += HOUR_MS - 1;
    expect(await codeOf(trust.trust())).toBe('no error');
    clock.now += 1;
    expect(await codeOf(trust.trust())).toBe('TRUST_ROOT_UNAVAILABLE');
  });
  it('asks at once where what it has expires', async () => {
    const { trust, clock, give, calls } = setUp();
    give({ expires_at: START + 1000 });
    await trust.trust();
    clock.now += 1000;
    give({});
    await trust.trust();
    expect(calls.count).toBe(2);
  });
  it.each(['TRUST_ROOT_EXPIRED', 'TRUST_ROOT_UNAVAILABLE'])("hands the object's refusal on: %s", async (code) => {
    const { trust, answer } = setUp();
    answer.current = { ok: false, code, detail: 'x', retryAfterMs: 7 };
    await expect(trust.trust()).rejects.toMatchObject({ code, message: 'x', retryAfterMs: 7 });
  });
  it('lets a refusal end what it has', async () => {
    const { trust, clock, answer } = setUp();
    await trust.trust();
    answer.current = { ok: false, code: 'TRUST_ROOT_EXPIRED', detail: 'x' };
    clock.now += KEPT_MS;
    expect(await codeOf(trust.trust())).toBe('TRUST_ROOT_EXPIRED');
  });
  it('trusts no document that is no trusted root', async () => {
    const { trust, give } = setUp();
    give({ trusted_root: '{}' });
    expect(await codeOf(trust.trust())).toBe('TRUST_ROOT_UNAVAILABLE');
  });

  describe('when it is asked where to sign', () => {
    it('says what the signing configuration says', async () => {
      expect(await setUp().trust.signing()).toMatchObject({ fulcioUrl: 'https://ca.test' });
    });
    it('knows nowhere while there is no signing configuration', async () => {
      const { trust, give } = setUp();
      give({ signing_config: undefined as never });
      expect(await codeOf(trust.signing())).toBe('TRUST_ROOT_UNAVAILABLE');
    });
    it('refuses a signing configuration of another version', async () => {
      const { trust, give } = setUp();
      give({ signing_config: '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v9+json"}' });
      expect(await codeOf(trust.signing())).toBe('SIGNING_CONFIG_INVALID');
    });
  });

  it('serves the documents of a configuration without end', async () => {
    const clock = { now: START };
    const documents = { kind: 'documents', trustedRoot: trustedRoot, signingConfig: SIGNING } as const;
    const trust = createTrust({ instance: documents, now: () => clock.now });
    clock.now += 1000 * HOUR_MS;
    expect(await trust.trust()).toMatchObject({ source: 'configuration', fetched_at: '2026-11-01T00:00:00.000Z' });
    expect(await trust.signing()).toMatchObject({ rekor: { url: 'https://log.test', majorApiVersion: 1 } });
  });
});
