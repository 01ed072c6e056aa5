import { describe, expect, it } from 'vitest';
import { checkClaims } from '../../../src/lib/github/check-claims.ts';
import { AUDIENCE, CLAIMS, ISSUER, NOW_S } from './tokens.ts';

const check = (payload: unknown) => checkClaims(payload, { issuer: ISSUER, audience: AUDIENCE, now: NOW_S * 1000 });
const refuse = (claims: object) => expect(() => check({ ...CLAIMS, ...claims }));

describe('checkClaims', () => {
  it('gives the claims under their own names', () => expect(check(CLAIMS)).toEqual(CLAIMS));
  it('leaves out what is not used', () => expect(check({ ...CLAIMS, later: 1 })).not.toHaveProperty('later'));
  it.each(['ref_type', 'ref_protected', 'run_number', 'actor', 'nbf'])('does without %s', (claim) =>
    expect(check({ ...CLAIMS, [claim]: undefined })).not.toHaveProperty([claim], expect.anything()),
  );

  it.each([
    'iss',
    'aud',
    'sub',
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'ref',
    'sha',
    'run_id',
    'run_attempt',
    'event_name',
    'workflow_ref',
    'job_workflow_ref',
    'runner_environment',
    'exp',
    'iat',
  ])('needs %s, and names it', (claim) =>
    refuse({ [claim]: undefined }).toThrow(
      expect.objectContaining({ code: 'TOKEN_INVALID', message: expect.stringContaining(`"${claim}"`) }),
    ),
  );
  it.each([
    ['repository_id', 614592349],
    ['repository_id', '61x'],
    ['repository_id', '1'.repeat(21)],
    ['repository_owner_id', ''],
    ['repository', 'LocalAI'],
    ['repository', 'a/b/c'],
    ['sha', 'abc'],
    ['sha', 'Z'.repeat(40)],
    ['run_id', '-1'],
    ['run_id', '1e9'],
    ['run_attempt', '0'],
    ['run_attempt', 1],
    ['run_attempt', '1.5'],
    ['exp', '1793491490'],
    ['exp', -1],
    ['iat', Number.NaN],
    ['job_workflow_ref', ['a']],
  ])('does not take %s as %s', (claim, value) =>
    refuse({ [claim]: value }).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' })),
  );
  it.each([null, undefined, 7, 'x', [], [CLAIMS]])('refuses %j', (payload) =>
    expect(() => check(payload)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' })),
  );
  it.each([
    ['exp', -29, true],
    ['exp', -30, false],
    ['iat', 30, true],
    ['iat', 31, false],
    ['nbf', 30, true],
    ['nbf', 31, false],
  ])('goes by a leeway of 30 s: %s %i', (claim, seconds, isTaken) => {
    const payload = { ...CLAIMS, [claim]: NOW_S + seconds };
    if (isTaken) expect(check(payload)).toMatchObject({ [claim]: NOW_S + seconds });
    else expect(() => check(payload)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }));
  });
  it('does not quote a value', () => refuse({ repository: 'canary' }).not.toThrow(/canary/));
});
