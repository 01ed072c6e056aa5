import { beforeAll, describe, expect, it } from 'vitest';
import { createDemoIssuer, type DemoIssuer, type TokenOptions } from '../../demo/issuer/issuer.ts';
import { createIdTokenVerifier, type IdTokenVerifier } from '../../src/lib/github/id-token.ts';

const ORIGIN = 'http://localhost:7001';
const AUDIENCE = 'https://muster.test';
let issuer: DemoIssuer;
let verifier: IdTokenVerifier;

beforeAll(async () => {
  issuer = await createDemoIssuer({ origin: ORIGIN });
  verifier = createIdTokenVerifier({
    issuer: ORIGIN,
    caller: {
      fetch: (input, init) => issuer.fetch(new Request(input, init)),
      now: Date.now,
      sleep: () => Promise.resolve(),
      random: () => 0,
      retry: { tries: 1, backoffMs: 0, maxPauseMs: 0, timeoutMs: 10_000 },
    },
  });
});

describe('createDemoIssuer', () => {
  it('issues tokens that the Worker accepts', async () => {
    const token = await issuer.token(issuer.claims({ run_id: '77' }), AUDIENCE);
    expect(await verifier.verify(token, AUDIENCE)).toMatchObject({ iss: ORIGIN, run_id: '77' });
  });

  it('lets a claim replace what it would add', async () => {
    const token = await issuer.token({ ...issuer.claims(), iss: 'http://localhost:7009' }, AUDIENCE);
    await expect(verifier.verify(token, AUDIENCE)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it.each<[string, TokenOptions]>([
    ['has ended', { expiresIn: -60 }],
    ['is signed with a shared secret', { signature: 'HS256' }],
    ['is not signed', { signature: 'none' }],
    ['is a stranger’s', { signature: 'stranger' }],
  ])('issues on request a token that %s', async (_, options) => {
    const token = await issuer.token(issuer.claims(), AUDIENCE, options);
    await expect(verifier.verify(token, AUDIENCE)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('hands a token to whoever asks /token, with claims from the query', async () => {
    const query = new URLSearchParams({ audience: AUDIENCE, run_attempt: '2' });
    const answer = await issuer.fetch(new Request(`${ORIGIN}/token?${query}`));
    expect(await verifier.verify(await answer.text(), AUDIENCE)).toMatchObject({ run_attempt: '2' });
  });
});

describe('claims', () => {
  it('follow the ref', () => {
    expect(issuer.claims({ ref: 'refs/tags/v3.8.0' })).toMatchObject({
      sub: 'repo:mudler/LocalAI:ref:refs/tags/v3.8.0',
      ref_type: 'tag',
      job_workflow_ref: 'mudler/LocalAI/.github/workflows/backend_merge.yml@refs/tags/v3.8.0',
    });
  });
});
