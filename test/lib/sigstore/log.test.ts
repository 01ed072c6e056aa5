import { describe, expect, it } from 'vitest';
import { logEnvelope } from '../../../src/lib/sigstore/log.ts';
import { fakeCaller } from '../fake-caller.ts';
import { dsse } from './setup.ts';

const LOG = 'https://log.test';
const UUID = 'a'.repeat(80);
const certificate = Buffer.from(dsse.verificationMaterial.certificate.rawBytes, 'base64');
const text = Buffer.from('x');
const envelope = { payload: text, payloadType: 'p', signature: text, encoded: text, certificate };
const proof = { checkpoint: 'c', hashes: ['aa'], logIndex: 7, rootHash: 'bb', treeSize: 8 };
const verification = { signedEntryTimestamp: 's', inclusionProof: proof };
const entry = { body: 'b', integratedTime: 1_790_000_000, logID: 'cc', logIndex: 7, verification };

const there = (location: string) => new Response('', { status: 409, headers: { Location: location } });
const logWith = (major: 1 | 2, answer: Parameters<typeof fakeCaller>[0]) => {
  const caller = fakeCaller(answer);
  return { caller, logged: logEnvelope(caller, { url: LOG, majorApiVersion: major }, envelope) };
};

describe('logEnvelope', () => {
  describe('when Rekor v1 has the entry already', () => {
    it('fetches it', async () => {
      const { caller, logged } = logWith(1, ({ method }) =>
        method === 'POST' ? there(`/api/v1/log/entries/${UUID}`) : Response.json({ [UUID]: entry }),
      );
      expect(await logged).toMatchObject({ logIndex: '7', canonicalizedBody: 'b' });
      expect(caller.calls()).toEqual(['POST /api/v1/log/entries', `GET /api/v1/log/entries/${UUID}`]);
    });
    it('fetches it from the log itself, wherever it is said to be', async () => {
      const { caller, logged } = logWith(1, ({ method }) =>
        method === 'POST' ? there(`https://evil.test/api/v1/log/entries/${UUID}`) : Response.json({ [UUID]: entry }),
      );
      await logged;
      expect(caller.seen.map(({ url }) => url.origin)).toEqual([LOG, LOG]);
    });
    it('refuses a place that is none', async () => {
      const { logged } = logWith(1, () => there('/api/v1/log/entries/../../x'));
      await expect(logged).rejects.toMatchObject({ code: 'LOG_REFUSED' });
    });
  });

  it('has another signature made where Rekor v2 has the entry already', async () => {
    const { logged } = logWith(2, () => there(''));
    await expect(logged).rejects.toMatchObject({ code: 'LOG_REFUSED' });
  });
  it.each([1, 2] as const)('refuses what is no entry of Rekor v%i', async (major) => {
    const { logged } = logWith(major, () => Response.json({ logIndex: 7 }, { status: 201 }));
    await expect(logged).rejects.toMatchObject({ code: 'LOG_REFUSED' });
  });
});
