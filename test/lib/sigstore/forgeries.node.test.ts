import { beforeAll, describe, expect, it } from 'vitest';
import { buildStatement, COSIGN_PREDICATE, STATEMENT_TYPE } from '../../../src/lib/sigstore/statement.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { type VerifyOptions, verifyBundle } from '../../../src/lib/sigstore/verify.ts';
import { createSetup, DIGEST, ISSUER, type Setup } from '../../demo/sigstore-setup.ts';
import { type Forgery, forge } from './forge.ts';
import { codeOf, edit } from './setup.ts';

const MERGE = 'mudler/LocalAI/.github/workflows/backend_merge.yml@refs/heads/master';
const POLICY = { issuer: ISSUER, identity: `https://github.com/${MERGE}` };
const OTHER = `sha256:${'b'.repeat(64)}`;
const ENTRY = 'verificationMaterial.tlogEntries.0';
const HOUR_MS = 3_600_000;
type Bundle = Awaited<ReturnType<typeof forge>>;

const statement = (change: object) =>
  Buffer.from(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject: [{ digest: { sha256: DIGEST.slice('sha256:'.length) } }],
      predicateType: COSIGN_PREDICATE,
      predicate: {},
      ...change,
    }),
  );
/** A statement for one digest that some readers take for one of the other. */
const twoFaced = Buffer.from(
  statement({}).toString().replace('"subject"', '"subject":[{"digest":{"sha256":"b"}}],"subject"'),
);

describe.each([1, 2] as const)('a bundle that is partly genuine, with Rekor v%i', (rekorMajor) => {
  let setup: Setup;
  /** Another Sigstore, of the forger's own. */
  let stranger: Setup;
  let honest: Bundle;
  beforeAll(async () => {
    setup = await createSetup(rekorMajor);
    stranger = await createSetup(rekorMajor);
    honest = await forge(setup);
  });
  const judge = (bundle: unknown, change: Partial<VerifyOptions> = {}) =>
    codeOf(() =>
      verifyBundle({
        bundle,
        artifact: { digest: DIGEST },
        policy: POLICY,
        trust: parseTrustedRoot(setup.sigstore.trustedRoot),
        requireCosignPredicate: true,
        ...change,
      }),
    );

  it('passes where nothing is forged', () => {
    expect(judge(honest)).toBe('no error');
  });

  it.each<[string, () => Forgery]>([
    [
      'a certificate that the log did not see, of the same key',
      () => ({
        loggedClaims: setup.issuer.claims({ job_workflow_ref: 'evil/evil/.github/workflows/x.yml@refs/heads/main' }),
      }),
    ],
    ['an entry of another log', () => ({ log: stranger })],
    ['an entry for another statement of the same signer', () => ({ loggedPayload: buildStatement([OTHER]) })],
  ])('is refused with %s', async (_, forgery) => {
    expect(judge(await forge(setup, forgery()))).toBe('SIGNATURE_INVALID');
  });

  it("is refused with another Sigstore's certificate", async () => {
    expect(judge(await forge(stranger, { log: setup, timestamps: setup }))).toBe('SIGNATURE_INVALID');
  });
  it.runIf(rekorMajor === 2)("is refused with another authority's timestamp", async () => {
    expect(judge(await forge(setup, { timestamps: stranger }))).toBe('SIGNATURE_INVALID');
  });
  it('is refused where it was logged or stamped when the certificate was over', async () => {
    const late = await createSetup(rekorMajor, () => Date.now() + HOUR_MS);
    const trust = (one: Setup) => one.sigstore.trustedRoot as Record<string, unknown>;
    const both = { ...trust(setup), tlogs: trust(late).tlogs, timestampAuthorities: trust(late).timestampAuthorities };
    const bundle = await forge(setup, { log: late, timestamps: late });
    expect(judge(bundle, { trust: parseTrustedRoot(both) })).toBe('SIGNATURE_INVALID');
  });
  it('is refused with the signature, or the certificate, of another honest bundle', async () => {
    const other = await forge(setup);
    for (const path of ['dsseEnvelope.signatures', 'verificationMaterial.certificate', ENTRY]) {
      const theirs = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], other);
      expect([path, judge(edit(honest, path, theirs))]).toEqual([path, 'SIGNATURE_INVALID']);
    }
  });
  it('is refused with the entry of another honest bundle beside its own', async () => {
    const [theirs] = (await forge(setup)).verificationMaterial.tlogEntries;
    const entries = [...honest.verificationMaterial.tlogEntries, theirs];
    expect(judge(edit(honest, 'verificationMaterial.tlogEntries', entries))).toBe('SIGNATURE_INVALID');
  });
  it('is refused with a second signature, wherever it stands', () => {
    const [own] = honest.dsseEnvelope.signatures;
    for (const signatures of [[own, own], [own, { sig: 'AAAA' }], [{ sig: 'AAAA' }, own], []])
      expect(judge(edit(honest, 'dsseEnvelope.signatures', signatures))).toBe('BUNDLE_MALFORMED');
  });
  it("is refused with a time that nobody vouches for, outside the certificate's", () => {
    const proven = edit(honest, `${ENTRY}.inclusionPromise`, undefined);
    for (const integratedTime of ['1', String(Math.floor((Date.now() + HOUR_MS) / 1000))])
      expect(judge(edit(proven, `${ENTRY}.integratedTime`, integratedTime))).toBe('SIGNATURE_INVALID');
  });
  it("takes no promise of a stranger's log", async () => {
    const [entry] = (await forge(stranger)).verificationMaterial.tlogEntries;
    const promise = { ...entry }.inclusionPromise ?? { signedEntryTimestamp: 'AAAA' };
    expect(judge(edit(honest, `${ENTRY}.inclusionPromise`, promise))).toBe('SIGNATURE_INVALID');
  });

  describe('when the signer is the right one, and the statement is not', () => {
    it.each([
      ['BUNDLE_MALFORMED', 'a key twice', twoFaced],
      ['BUNDLE_MALFORMED', 'a digest in a list', statement({ subject: [{ digest: { sha256: [DIGEST.slice(7)] } }] })],
      ['BUNDLE_MALFORMED', 'subjects that are no list', statement({ subject: { 0: {} } })],
      ['BUNDLE_MALFORMED', 'bytes that are not UTF-8', Buffer.concat([statement({}), Buffer.from([0xff])])],
      ['BUNDLE_MALFORMED', 'a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), statement({})])],
      ['SUBJECT_MISMATCH', 'no subject', statement({ subject: [] })],
      ['SUBJECT_MISMATCH', 'a digest in capitals', statement({ subject: [{ digest: { sha256: 'A'.repeat(64) } }] })],
      [
        'SUBJECT_MISMATCH',
        'a digest by another name',
        statement({ subject: [{ digest: { sha512: 'a'.repeat(64) } }] }),
      ],
      [
        'SUBJECT_MISMATCH',
        'a digest with more behind',
        statement({ subject: [{ digest: { sha256: `${'a'.repeat(64)} ` } }] }),
      ],
      ['SUBJECT_MISMATCH', 'the digest as a name', statement({ subject: [{ name: DIGEST, digest: { sha256: 'b' } }] })],
      ['PREDICATE_UNEXPECTED', 'another predicate', statement({ predicateType: `${COSIGN_PREDICATE}/` })],
      ['PREDICATE_UNEXPECTED', 'no predicate', statement({ predicateType: undefined })],
      ['PREDICATE_UNEXPECTED', 'another type', statement({ _type: 'https://in-toto.io/Statement/v2' })],
      ['PREDICATE_UNEXPECTED', 'no type', statement({ _type: undefined })],
    ])('is refused with %s: %s', async (code, _, payload) => {
      expect(judge(await forge(setup, { payload }))).toBe(code);
    });
  });

  describe('when the signer is another', () => {
    it.each([
      ['another workflow', { job_workflow_ref: MERGE.replace('backend_merge', 'backend_build') }],
      ['a workflow whose name goes on', { job_workflow_ref: `${MERGE}x` }],
      ['a line break behind the name', { job_workflow_ref: `${MERGE}\n` }],
      ['a letter that looks the same', { job_workflow_ref: MERGE.replace('mudler', 'mudl\u0435r') }],
      [
        'the name within another',
        { job_workflow_ref: `evil/x/.github/workflows/y.yml@refs/heads/https://github.com/${MERGE}` },
      ],
      ['another case', { job_workflow_ref: MERGE.replace('LocalAI', 'localai') }],
    ])('is refused for %s', async (_, claims) => {
      const bundle = await forge(setup, { claims: setup.issuer.claims(claims) });
      expect(judge(bundle)).toBe('IDENTITY_MISMATCH');
      const identity_regex = `^https://github\\.com/${MERGE.replaceAll('.', '\\.')}$`;
      expect(judge(bundle, { policy: { issuer: ISSUER, identity_regex } })).toBe('IDENTITY_MISMATCH');
    });
    it('is refused by the repository that called a public workflow', async () => {
      const claims = setup.issuer.claims({
        repository: 'evil/LocalAI',
        repository_id: '666',
        repository_owner_id: '6',
      });
      const bundle = await forge(setup, { claims });
      expect(judge(bundle)).toBe('no error');
      for (const pin of [{ source_repository_id: '614592349' }, { source_repository_owner_id: '2420543' }])
        expect(judge(bundle, { policy: { ...POLICY, ...pin } })).toBe('IDENTITY_MISMATCH');
    });
  });
});
