import { describe, expect, it } from 'vitest';
import { type VerifyOutcome, verifyPage } from '../../../src/routes/pages/verify.tsx';
import { look, textOf } from './setup.ts';

const DIGEST = `sha256:${'b'.repeat(64)}`;
const common = {
  ref: 'quay.io/a/b:v1',
  pinned: `quay.io/a/b@${DIGEST}`,
  digest: DIGEST,
  localai: { verified: true },
  cached: false,
  policy: { name: 'p', etag: 'e', loose: false },
  trusted_root: { source: 'tuf', sha256: 'ab', fetched_at: '2026-11-26T10:00:00.000Z' },
  checked_at: '2026-11-26T10:00:00.000Z',
};
const yes = {
  ...common,
  verified: true,
  signer: {
    issuer: 'https://issuer.test',
    identity: 'https://github.com/o/r/.github/workflows/w.yml@refs/tags/v1',
    source_ref: 'refs/tags/v1',
    run_url: 'https://github.com/o/r/actions/runs/1',
  },
  timestamps: [{ type: 'timestamp-authority', time: '2026-11-26T09:00:00.000Z' }],
  log: { index: '5', id: 'id' },
};
const no = { ...common, verified: false, code: 'IDENTITY_MISMATCH', detail: 'the identity is x' };

function show(outcome: VerifyOutcome) {
  const question = { ref: common.ref, platform: '', policy: 'p' };
  const page = verifyPage({ question, policies: ['p', 'q'], outcome });
  const html = `<main>${page.body}</main>`;
  return { page, html, text: textOf(html) };
}

describe('the page of a verdict', () => {
  it('says yes, by whom, for what and when', () => {
    expect(show({ verdict: yes }).text).toContain(
      'Yes.These bytes were signed by o/r/.github/workflows/w.yml, for v1, on 26 Nov 2026, 09:00:00 UTC',
    );
  });
  it('says what to pull', () => {
    expect(show({ verdict: yes }).html).toContain(`<pre id="pinned">${common.pinned}</pre>`);
  });
  it('says where LocalAI would refuse all the same', () => {
    const localai = { verified: false, code: 'SIGNATURE_MISSING' };
    expect(show({ verdict: { ...yes, localai } }).text).toContain('LocalAI itself would refuse it');
  });
  it.each([
    ['SIGNATURE_MISSING', 'Nobody has signed it.'],
    ['SIGNATURE_LEGACY', 'Its publisher must sign it again.'],
    ['SIGNATURE_INVALID', 'Its signature does not hold.'],
    ['SUBJECT_MISMATCH', 'is another image’s.'],
    ['ISSUER_MISMATCH', 'Do not use it before you know where it is from.'],
    ['IDENTITY_MISMATCH', 'Somebody else has signed it.'],
    ['SIGNED_BEFORE_CUTOFF', 'It was signed before the policy’s cut-off.'],
    ['PREDICATE_UNEXPECTED', 'a statement about it.'],
    ['BUNDLE_MALFORMED', 'Its signature cannot be read.'],
  ])('says what %s means', (code, words) => {
    const { text, page } = show({ verdict: { ...no, code } });
    expect(text).toContain('No.');
    expect(text).toContain(words);
    expect(page.status).toBe(200);
  });
  it('says why there is no verdict, with its status', () => {
    const { page, text } = show({ problem: { status: 404, code: 'IMAGE_NOT_FOUND', detail: 'it is not there' } });
    expect(page.status).toBe(404);
    expect(text).toContain('Check the name and the tag.');
  });
  it('links to a run only where that is a web address', () => {
    const signer = { ...yes.signer, run_url: 'javascript:alert(1)' };
    expect(show({ verdict: { ...yes, signer } }).html).not.toContain('href="javascript');
  });
  it('keeps what was asked, escaped', () => {
    const ref = '"><script>alert(1)</script>';
    const page = verifyPage({ question: { ref, platform: ref, policy: ref }, policies: [ref], outcome: undefined });
    expect(String(page.body)).not.toContain('<script');
  });
});

describe('GET /verify', () => {
  it('is a form, where nothing was asked', async () => {
    const { status, text, html } = await look('/verify');
    expect([status, text.includes('May this image be installed?')]).toEqual([200, true]);
    expect(html).toContain('<option value="localai" selected="">');
  });
  it('refuses a registry that is not configured, beside the form', async () => {
    const { status, text, html } = await look('/verify?ref=evil.test/a:b&policy=localai');
    expect(status).toBe(403);
    expect(text).toContain('evil.test is not a configured registry.');
    expect(html).toContain('value="evil.test/a:b"');
  });
  it.each(['ref=%20%3Cscript%3E&policy=localai', 'ref=quay.io/a/b:c&policy=none'])(
    'says what is wrong with %s',
    async (query) => {
      const { status, html } = await look(`/verify?${query}`);
      expect(status).toBe(400);
      expect(html).not.toContain('<script>');
    },
  );
});
