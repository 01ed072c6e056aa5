import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'https://muster.test';
/** The clock of the tests, in seconds since the epoch. */
export const NOW_S = Date.UTC(2026, 10, 1) / 1000;
const WORKFLOW = 'mudler/LocalAI/.github/workflows/backend_build.yml@refs/heads/master';

/** The claims of a build job on LocalAI's default branch, as GitHub writes them. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'repo:mudler/LocalAI:ref:refs/heads/master',
  repository: 'mudler/LocalAI',
  repository_id: '614592349',
  repository_owner: 'mudler',
  repository_owner_id: '2420543',
  ref: 'refs/heads/master',
  ref_type: 'branch',
  ref_protected: 'true',
  sha: '860c190'.padEnd(40, '0'),
  run_id: '77',
  run_attempt: '1',
  run_number: '5',
  event_name: 'push',
  workflow_ref: 'mudler/LocalAI/.github/workflows/backend.yml@refs/heads/master',
  job_workflow_ref: WORKFLOW,
  runner_environment: 'github-hosted',
  actor: 'mudler',
  iat: NOW_S - 10,
  nbf: NOW_S - 10,
  exp: NOW_S + 290,
} as const;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function createKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
}

/** A token signed with a key; a claim that is undefined is left out. */
export function sign(key: SigningKey, claims: object = CLAIMS, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(key.privateKey);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token put together by hand. */
export function forge(header: unknown, payload: unknown, signature = 'c2ln'): string {
  return `${encode(header)}.${encode(payload)}.${signature}`;
}
