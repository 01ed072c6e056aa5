// An OIDC issuer that mints tokens of GitHub Actions' shape: GET /token?aud=sigstore&run_id=42&run_attempt=2
// Any query parameter but `aud` and `exp` (seconds from now) replaces the claim of that name.
// https://docs.github.com/en/actions/reference/security/oidc
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';

const port = Number(process.argv[2] ?? 7600);
const issuer = `http://localhost:${port}`;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { kid: 'interop', alg: 'RS256', use: 'sig' };

const sha = '5d0b549049d4f2f7f2a4e1cb4a6f2c0b3c0f1a2b';
const workflows = 'mudler/LocalAI/.github/workflows';
const defaults: Record<string, string> = {
  sub: 'repo:mudler/LocalAI:ref:refs/heads/master',
  repository: 'mudler/LocalAI',
  repository_id: '614592349',
  repository_owner: 'mudler',
  repository_owner_id: '2420543',
  repository_visibility: 'public',
  ref: 'refs/heads/master',
  ref_type: 'branch',
  ref_protected: 'true',
  base_ref: '',
  head_ref: '',
  sha,
  run_id: '4242',
  run_number: '7',
  run_attempt: '1',
  event_name: 'push',
  actor: 'mudler',
  actor_id: '2420543',
  workflow: 'build backend container images',
  workflow_ref: `${workflows}/backend.yml@refs/heads/master`,
  workflow_sha: sha,
  job_workflow_ref: `${workflows}/backend_merge.yml@refs/heads/master`,
  job_workflow_sha: sha,
  runner_environment: 'github-hosted',
};

createServer((request, response) => {
  const url = new URL(request.url ?? '/', issuer);
  switch (url.pathname) {
    case '/.well-known/openid-configuration':
      return answerJson(response, {
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [key.alg],
      });
    case '/.well-known/jwks':
      return answerJson(response, { keys: [{ ...publicKey.export({ format: 'jwk' }), ...key }] });
    case '/token':
      return response.setHeader('content-type', 'text/plain').end(mintToken(Object.fromEntries(url.searchParams)));
    default:
      return response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1');

function mintToken({ aud = 'sigstore', exp = '300', ...claims }: Record<string, string>): string {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now - 5, exp: now + Number(exp) };
  const payload = { jti: randomUUID(), ...defaults, ...claims, iss: issuer, aud, ...times };
  const input = `${encode({ alg: key.alg, typ: 'JWT', kid: key.kid })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function answerJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}
