import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_RETRY } from '../../../../src/lib/http.ts';
import { type EarlyLoan, Lender } from '../../../../src/lib/merge/signing/lender.ts';
import type { Loan } from '../../../../src/lib/merge/signing/loan.ts';
import type { Services } from '../../../../src/lib/merge/types.ts';
import type { Digest } from '../../../../src/lib/oci/digest.ts';
import { digestOf } from '../make.ts';

const identity = { privateKey: new Uint8Array(), certificate: new Uint8Array(), notAfter: 600_000 };
const lent: Loan = { kind: 'identity', identity, signer: 'https://github.com/a/b' };
const token: Loan = { kind: 'token', token: `x.${btoa('{"sub":"me"}')}.y`, signer: 'https://github.com/a/b' };

function makeLender({ now = 0, fulcio = () => new Response('', { status: 400 }) } = {}) {
  const clock = { now };
  const fetch = vi.fn(async () => fulcio());
  const services = {
    now: () => clock.now,
    signing: async () => ({ fulcioUrl: 'http://fulcio.test' }),
    caller: { fetch, now: () => clock.now, sleep: async () => undefined, random: Math.random, retry: DEFAULT_RETRY },
  } as unknown as Services;
  return { lender: new Lender(services), clock, fetch };
}

describe('Lender', () => {
  it('holds nothing at first', async () => {
    await expect(makeLender().lender.identity()).rejects.toMatchObject({ code: 'NEEDS_TOKEN' });
  });
  it('says why a loan is none', () => {
    expect(makeLender().lender.lend({ kind: 'none', reason: 'not of role sign' })).toBe('not of role sign');
  });
  it('keeps what it has when a later caller lends nothing', () => {
    const { lender } = makeLender();
    lender.lend(lent);
    expect(lender.lend({ kind: 'none', reason: 'none sent' })).toBeUndefined();
    expect(lender.ready()).toBe(true);
  });
  it('lets a fresher token take the place of one that was not used', async () => {
    const { lender, fetch } = makeLender({ fulcio: () => new Response('', { status: 503 }) });
    lender.lend(token);
    lender.lend({ ...token, token: `x.${btoa('{"sub":"fresher"}')}.y` } as Loan);
    await lender.identity().catch(() => undefined);
    const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(String(init.body)).toContain(btoa('{"sub":"fresher"}'));
  });
  it('hands out the identity that was lent', async () => {
    const { lender } = makeLender();
    lender.lend(lent);
    expect(await lender.identity()).toEqual({ identity, signer: lent.kind === 'identity' ? lent.signer : '' });
  });
  it('uses no certificate that is about to end', () => {
    const { lender, clock } = makeLender();
    lender.lend(lent);
    clock.now = 590_000;
    expect(lender.ready()).toBe(false);
  });
  describe('when it was signed ahead', () => {
    const digests = [digestOf('a'), digestOf('b')];
    const signed = { json: '{}', logIndex: '1', signedAt: 0 };
    const ahead = (of: readonly Digest[], bundle = Promise.resolve(signed)) =>
      ({
        loan: token,
        identity: Promise.resolve(identity),
        signatureOf: async (some: readonly Digest[]) => (String(some) === String(of) ? bundle : undefined),
      }) as unknown as EarlyLoan;

    it('takes the signature over the same digests', async () => {
      const { lender } = makeLender();
      lender.lend(token, ahead(digests));
      expect((await lender.sign(digests)).signed).toBe(signed);
    });
    it('takes it once', async () => {
      const { lender } = makeLender();
      lender.lend(token, ahead(digests));
      await lender.sign(digests);
      await expect(lender.sign(digests)).rejects.toThrow();
    });
    it('takes none over others', async () => {
      const { lender } = makeLender();
      lender.lend(token, ahead([digestOf('c')]));
      await expect(lender.sign(digests)).rejects.toThrow();
    });
  });
  it('forgets', () => {
    const { lender } = makeLender();
    lender.lend(lent);
    lender.forget();
    expect(lender.ready()).toBe(false);
  });

  describe('when Fulcio refuses the token', () => {
    it('needs another token', async () => {
      const { lender } = makeLender();
      lender.lend(token);
      await expect(lender.identity()).rejects.toMatchObject({ code: 'NEEDS_TOKEN' });
      expect(lender.ready()).toBe(false);
    });
    it('does not say what the token was', async () => {
      const { lender } = makeLender();
      lender.lend(token);
      await expect(lender.identity()).rejects.not.toThrow(/x\./);
    });
  });

  describe('when Fulcio is down', () => {
    it('keeps the token for a later try', async () => {
      const { lender } = makeLender({ fulcio: () => new Response('', { status: 503 }) });
      lender.lend(token);
      await expect(lender.identity()).rejects.toMatchObject({ code: 'PEER_FAILED' });
      expect(lender.ready()).toBe(true);
    });
  });

  describe('when a certificate is asked for early', () => {
    it('is used by the loan it was asked for', async () => {
      const { lender, fetch } = makeLender();
      const early = lender.request(token);
      lender.lend(token, early);
      await lender.identity().catch(() => undefined);
      expect(fetch).toHaveBeenCalledTimes(1);
    });
    it('is not held before it is lent', () => {
      const { lender } = makeLender();
      lender.request(token);
      expect(lender.ready()).toBe(false);
    });
    it('asks for none where one is held', () => {
      const { lender } = makeLender();
      lender.lend(lent);
      expect(lender.request(token)).toBeUndefined();
    });
  });
});
