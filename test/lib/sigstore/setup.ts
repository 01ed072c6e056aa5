import seeds from '@sigstore/tuf/seeds.json';
import type { Policy } from '../../../src/lib/sigstore/policy.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { type VerifyOptions, verifyBundle } from '../../../src/lib/sigstore/verify.ts';
import dsse from '../gallery/fixtures/dsse.json';
import dsseRoot from '../gallery/fixtures/dsse-trusted-root.json';
import message from '../gallery/fixtures/message-signature.json';

export { dsse, dsseRoot, message };

/** Who signed the conformance cases. */
export const POLICY: Policy = {
  issuer: 'https://token.actions.githubusercontent.com',
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
};
export const DIGEST = 'sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf';
export const ARTIFACT = new TextEncoder().encode(
  'DO NOT MODIFY ME!\n\nthis is "a.txt", a sample input for sigstore-conformance\'s test suite.\n\nDO NOT MODIFY ME!\n',
);

const PUBLIC_GOOD = Buffer.from(seeds['https://tuf-repo-cdn.sigstore.dev'].targets['trusted_root.json'], 'base64');
/** What the plain signature is by. */
const PUBLIC_GOOD_TRUST = parseTrustedRoot(JSON.parse(PUBLIC_GOOD.toString('utf8')));
const DSSE_TRUST = parseTrustedRoot(dsseRoot);

/** Verifies a bundle with a statement, by digest; its log is of the second version. */
export function verifyDsse(bundle: unknown = dsse, change: Partial<VerifyOptions> = {}) {
  const artifact = { digest: DIGEST };
  return verifyBundle({
    bundle,
    artifact,
    policy: POLICY,
    trust: DSSE_TRUST,
    requireCosignPredicate: false,
    ...change,
  });
}

/** Verifies a plain signature; its log is of the first version. */
export function verifyMessage(bundle: unknown = message, change: Partial<VerifyOptions> = {}) {
  const artifact = { bytes: ARTIFACT };
  return verifyBundle({
    bundle,
    artifact,
    policy: POLICY,
    trust: PUBLIC_GOOD_TRUST,
    requireCosignPredicate: false,
    ...change,
  });
}

/** A copy of a document in which one member, named by its path, has another value; undefined leaves it out. */
export function edit<Document>(document: Document, path: string, value: unknown): Document {
  const copy = structuredClone(document) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy as Document;
}

/** The code of what is thrown. */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
