import { X509Certificate } from '@sigstore/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TokenOptions } from '../../demo/issuer/issuer.ts';
import { requestCertificate } from '../../src/lib/sigstore/certificate.ts';
import { readSigner } from '../../src/lib/sigstore/evidence.ts';
import { createSetup, ISSUER, type Setup, SIGSTORE, signWith, verifyWithLibrary } from './sigstore-setup.ts';

const MERGE = 'mudler/LocalAI/.github/workflows/backend_merge.yml@refs/heads/master';

describe.each([1, 2] as const)('createDemoSigstore with Rekor v%i', (rekorMajor) => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await createSetup(rekorMajor);
  });

  it('issues what the verifier accepts with its trusted root', async () => {
    const { json } = await signWith(setup);
    const { identity } = verifyWithLibrary(setup, json);
    expect(identity?.subjectAlternativeName).toBe(`https://github.com/${MERGE}`);
  });

  it('proves inclusion in a log with many entries', async () => {
    const bundles = await Promise.all(Array.from({ length: 9 }, () => signWith(setup)));
    for (const { json } of bundles) verifyWithLibrary(setup, json);
    const indexes = new Set(bundles.map(({ logIndex }) => logIndex));
    expect(indexes.size).toBe(9);
  });

  it('is refused where one byte of the log entry differs', async () => {
    const bundle = JSON.parse((await signWith(setup)).json);
    const [entry] = bundle.verificationMaterial.tlogEntries;
    entry.logIndex = String(Number(entry.logIndex) + 1);
    entry.inclusionProof.logIndex = String(Number(entry.inclusionProof.logIndex) + 1);
    expect(() => verifyWithLibrary(setup, JSON.stringify(bundle))).toThrow();
  });

  it('is refused with another Sigstore’s trusted root', async () => {
    const other = await createSetup(rekorMajor);
    const { json } = await signWith(setup);
    expect(() => verifyWithLibrary(other, json)).toThrow();
  });

  it('counts one of each a signature', async () => {
    const own = await createSetup(rekorMajor);
    await signWith(own);
    expect(own.sigstore.counts).toEqual({ certificates: 1, timestamps: rekorMajor === 2 ? 1 : 0, entries: 1 });
  });
});

describe('the certificate', () => {
  it('names what GitHub’s token says of the job', async () => {
    const setup = await createSetup(2);
    const claims = setup.issuer.claims({ run_id: '77', run_attempt: '3', runner_environment: 'self-hosted' });
    const bundle = JSON.parse((await signWith(setup, claims)).json);
    const der = Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64');
    expect(readSigner(X509Certificate.parse(der))).toEqual({
      issuer: ISSUER,
      identity: `https://github.com/${MERGE}`,
      source_repository: 'https://github.com/mudler/LocalAI',
      source_repository_id: '614592349',
      source_repository_owner_id: '2420543',
      source_ref: 'refs/heads/master',
      source_digest: claims.sha,
      run_url: 'https://github.com/mudler/LocalAI/actions/runs/77/attempts/3',
      runner_environment: 'self-hosted',
    });
  });

  it('has every extension that Fulcio writes for GitHub', async () => {
    const setup = await createSetup(2);
    const bundle = JSON.parse((await signWith(setup)).json);
    const der = Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64');
    const certificate = X509Certificate.parse(der);
    const numbers = Array.from({ length: 25 }, (_, number) => number).filter(
      (number) => certificate.extension(`1.3.6.1.4.1.57264.1.${number}`) !== undefined,
    );
    // 7 is another kind of issuer's name; 23 a deployment's, which these jobs have none of.
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24]);
  });

  it('may be timestamped in any millisecond', async () => {
    for (const millisecond of [0, 5, 35, 350]) {
      const setup = await createSetup(2, () => Math.ceil(Date.now() / 1000) * 1000 + 60_000 + millisecond);
      verifyWithLibrary(setup, (await signWith(setup)).json);
    }
  });

  it('lasts ten minutes from the given time', async () => {
    const later = Date.now() + 86_400_000;
    const setup = await createSetup(2, () => later);
    const { json } = await signWith(setup);
    verifyWithLibrary(setup, json);
    const der = Buffer.from(JSON.parse(json).verificationMaterial.certificate.rawBytes, 'base64');
    const { notBefore, notAfter } = X509Certificate.parse(der);
    expect(notBefore.getTime()).toBe(Math.floor(later / 1000) * 1000);
    expect(notAfter.getTime() - notBefore.getTime()).toBe(600_000);
  });
});

describe('what is refused', () => {
  const post = (setup: Setup, path: string, body: unknown) =>
    setup.sigstore.fetch(new Request(SIGSTORE + path, { method: 'POST', body: JSON.stringify(body) }));

  it.each<[string, string, TokenOptions]>([
    ['another audience', 'https://muster.test', {}],
    ['an end that has passed', 'sigstore', { expiresIn: -60 }],
    ['a stranger’s signature', 'sigstore', { signature: 'stranger' }],
    ['no signature', 'sigstore', { signature: 'none' }],
  ])('a token with %s', async (_, audience, options) => {
    const setup = await createSetup(2);
    const { issuer, caller } = setup;
    const token = await issuer.token(issuer.claims(), audience, options);
    await expect(requestCertificate(caller, SIGSTORE, token)).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(setup.sigstore.counts.certificates).toBe(0);
  });

  it('a Rekor v2 entry that is no hashedrekord', async () => {
    const answer = await post(await createSetup(2), '/api/v2/log/entries', { dsseRequestV002: {} });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: 'invalid type, must be hashedrekord' });
  });

  it('a path of the other log', async () => {
    const answer = await post(await createSetup(2), '/api/v1/log/entries', {});
    expect(answer.status).toBe(404);
  });
});

/** Signs through a fetch that keeps what was sent to the log. */
async function signAndKeep(setup: Setup): Promise<{ path: string; body: string }> {
  let kept = { path: '', body: '' };
  await signWith({
    ...setup,
    caller: {
      ...setup.caller,
      fetch: (input, init) => {
        const path = new URL(input).pathname;
        if (path.includes('/log/')) kept = { path, body: String(init?.body) };
        return setup.caller.fetch(input, init);
      },
    },
  });
  return kept;
}

describe('an entry that is there already', () => {
  const repeat = async (setup: Setup) => {
    const { path, body } = await signAndKeep(setup);
    return setup.sigstore.fetch(new Request(SIGSTORE + path, { method: 'POST', body }));
  };

  it('is a 409 of Rekor v1 that says where', async () => {
    const setup = await createSetup(1);
    const answer = await repeat(setup);
    expect(answer.status).toBe(409);
    const found = await setup.sigstore.fetch(new Request(SIGSTORE + answer.headers.get('Location')));
    expect(Object.values((await found.json()) as object)).toMatchObject([{ logIndex: 0 }]);
  });

  it('is a 409 of Rekor v2 that says its index', async () => {
    const setup = await createSetup(2);
    const answer = await repeat(setup);
    expect(answer.status).toBe(409);
    expect(answer.headers.get('X-Log-Index')).toBe('0');
    expect(setup.sigstore.counts.entries).toBe(1);
  });
});
