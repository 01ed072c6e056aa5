import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/lib/error.ts';
import { checkClaims } from '../../../src/lib/github/check-claims.ts';
import { createIdTokenVerifier } from '../../../src/lib/github/id-token.ts';
import { assessRole, matchesRef } from '../../../src/lib/github/roles.ts';
import { fakeCaller } from '../fake-caller.ts';
import { anyJson, anyText, coded, longTexts, mutated, slowTexts } from '../fuzz.ts';
import { AUDIENCE, CLAIMS, createKey, forge, ISSUER, NOW_S, sign } from './tokens.ts';

const key = await createKey('k1');
const good = await sign(key);
const header = { alg: 'RS256', kid: 'k1' };
const verifier = createIdTokenVerifier({
  caller: fakeCaller(() => Response.json({ keys: [key.jwk] })),
  issuer: ISSUER,
});
const verify = (token: string) => verifier.verify(token, AUDIENCE);

/** Nothing but the good token is accepted; the refusal has a code and quotes nothing. */
async function refuses(token: string): Promise<void> {
  const result = await coded(() => verify(token));
  expect(result).toBeInstanceOf(CodedError);
  if (token.length > 20) expect(String(result)).not.toContain(token);
}

describe('verify', () => {
  it('accepts the token that the rest is made from', async () =>
    expect(await verify(good)).toMatchObject({ run_id: '77' }));
  it('refuses any text', () => fc.assert(fc.asyncProperty(anyText, refuses), { numRuns: 300 }));
  it('refuses any three parts', () =>
    fc.assert(
      fc.asyncProperty(
        anyJson('alg', 'kid', 'crit', 'jwk'),
        anyJson('iss', 'aud'),
        anyText,
        (head, payload, signature) => refuses(forge(head, payload, Buffer.from(signature).toString('base64url'))),
      ),
      { numRuns: 300 },
    ));
  it('refuses any other claims under the signature', () =>
    fc.assert(
      fc.asyncProperty(mutated(CLAIMS), async (claims) => {
        fc.pre(JSON.stringify(claims) !== JSON.stringify(CLAIMS));
        await refuses(forge(header, claims, good.split('.')[2]));
      }),
      { numRuns: 200 },
    ));
  it('refuses a token with one character changed', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat({ max: good.length - 1 }),
        fc.constantFrom('A', '_', '.', '=', ' ', 'é'),
        async (at, character) => {
          // The last character of a part may carry bits that mean nothing.
          fc.pre(
            good[at] !== character && ![good.indexOf('.') - 1, good.lastIndexOf('.') - 1, good.length - 1].includes(at),
          );
          await refuses(good.slice(0, at) + character + good.slice(at + 1));
        },
      ),
      { numRuns: 200 },
    ));
  it('is done with 50 KB at once', async () => expect(await slowTexts(verify)).toEqual([]));
});

describe('checkClaims', () => {
  const check = (payload: unknown) => checkClaims(payload, { issuer: ISSUER, audience: AUDIENCE, now: NOW_S * 1000 });

  it('takes any payload or refuses it with a code', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(anyJson('iss', 'aud', 'exp'), mutated(CLAIMS, 'aud')), async (payload) => {
        await coded(() => check(payload));
      }),
      { numRuns: 400 },
    ));
  it.each(['repository', 'sha', 'run_id', 'run_attempt', 'ref', 'job_workflow_ref'])(
    'is done at once with a %s of 50 KB',
    async (claim) => expect(await slowTexts((text) => check({ ...CLAIMS, [claim]: text }))).toEqual([]),
  );
});

describe('assessRole', () => {
  const subject = {
    repository_id: '614592349',
    repository_owner_id: '2420543',
    refs: ['refs/heads/master', 'refs/tags/*'],
  };
  const role = { workflows: ['mudler/LocalAI/.github/workflows/backend_build.yml'] };

  it('is done at once with claims of 50 KB', async () =>
    expect(
      await slowTexts((text) =>
        assessRole(role, subject, { ...CLAIMS, ref: text, job_workflow_ref: `${role.workflows[0]}@refs/${text}` }),
      ),
    ).toEqual([]));
  it('admits no workflow that only looks like its own', () =>
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const own = `${role.workflows[0]}@refs/heads/master`;
        fc.pre(before + after !== '');
        const job_workflow_ref = `${before}${own}${after}`;
        expect(assessRole(role, subject, { ...CLAIMS, job_workflow_ref })?.rule).toBe('workflow');
      }),
    ));
});

describe('matchesRef', () => {
  it('takes a pattern without stars literally', () =>
    fc.assert(
      fc.property(anyText, anyText, (pattern, ref) => {
        fc.pre(!pattern.includes('*'));
        expect(matchesRef(pattern, ref)).toBe(pattern === ref);
      }),
    ));
  it('lets no star cross a slash, and two cross any', () =>
    fc.assert(
      fc.property(anyText, (text) => {
        expect(matchesRef('refs/*', `refs/${text}`)).toBe(!text.includes('/'));
        expect(matchesRef('refs/**', `refs/${text}`)).toBe(true);
      }),
    ));
  it('is done at once with many stars', () => {
    const [text = ''] = longTexts();
    const started = performance.now();
    matchesRef(`refs/${'*a'.repeat(20)}b`, `refs/${text.slice(0, 8000)}`);
    matchesRef(`refs/${'**a'.repeat(20)}b`, `refs/${text.slice(0, 8000)}`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
