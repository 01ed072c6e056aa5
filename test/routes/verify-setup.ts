import seeds from '@sigstore/tuf/seeds.json';
import { Hono } from 'hono';
import { parseConfig } from '../../src/lib/config.ts';
import type { Registry } from '../../src/lib/oci/registry.ts';
import type { Repository } from '../../src/lib/oci/repository.ts';
import { parseTrustedRoot } from '../../src/lib/sigstore/trusted-root.ts';
import type { AppEnv } from '../../src/routes/app-types.ts';
import { policyRoutes } from '../../src/routes/policies.ts';
import { renderError } from '../../src/routes/problem.ts';
import { createVerifier, type VerifyDeps } from '../../src/routes/verifier.ts';
import { verifyRoutes } from '../../src/routes/verify.ts';
import { FakeRepository } from '../lib/gallery/fake-repository.ts';

/** What the conformance cases sign. */
export const ARTIFACT =
  'DO NOT MODIFY ME!\n\nthis is "a.txt", a sample input for sigstore-conformance\'s test suite.\n\nDO NOT MODIFY ME!\n';
export const ARTIFACT_DIGEST = 'sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf';
export const POLICY = {
  issuer: 'https://token.actions.githubusercontent.com',
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
};
export const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh
fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==
-----END PUBLIC KEY-----`;

/** The public-good root as the package has it. */
const ROOT = JSON.parse(
  Buffer.from(seeds['https://tuf-repo-cdn.sigstore.dev'].targets['trusted_root.json'], 'base64').toString('utf8'),
);

const project = {
  name: 'p',
  repository: 'o/r',
  repository_id: '1',
  repository_owner_id: '2',
  refs: ['refs/heads/main'],
  tags: ['type=sha'],
  policy: 'beacon',
  roles: {},
  targets: [{ repository: 'quay.io/a/private' }, { repository: 'quay.io/a/public', public: true }],
};

/** The routes below an app like the Worker's, on a registry in memory and a clock that the test sets. */
export function setUpRoutes(overrides: Partial<VerifyDeps> = {}) {
  const fake = new FakeRepository();
  const opened: string[] = [];
  const clock = { now: Date.parse('2026-11-01T00:00:00Z') };
  const material = parseTrustedRoot(ROOT);
  const config = parseConfig({
    MUSTER: {
      audience: 'https://muster.test',
      projects: [project],
      policies: [
        { name: 'beacon', ...POLICY },
        { name: 'loose', issuer: POLICY.issuer, identity_regex: 'extremely-dangerous' },
      ],
    },
  });
  const open = (name: string): Repository => {
    opened.push(name);
    return fake.repository;
  };
  const deps: VerifyDeps = {
    config,
    trust: async () => ({ material, source: 'packaged', sha256: 'ab', fetched_at: '2026-11-01T00:00:00.000Z' }),
    registry: (host): Registry => ({ host, repository: (name) => open(`anonymous ${host}/${name}`) }),
    now: () => clock.now,
    ...overrides,
  };
  const app = new Hono<AppEnv>()
    .route('/v1/verify', verifyRoutes(createVerifier(deps)))
    .route('/v1/policies', policyRoutes(deps))
    .onError(renderError);
  const post = (path: string, body: unknown) =>
    app.request(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const get = (query: Record<string, string>) => app.request(`/v1/verify?${new URLSearchParams(query)}`);
  return { app, post, get, fake, opened, clock, open };
}

/** The status and the code of an answer. */
export async function outcomeOf(response: Response): Promise<string> {
  const body = (await response.json()) as { verified?: boolean; code?: string };
  return `${response.status} ${body.code ?? (body.verified ? 'VERIFIED' : '')}`;
}
