/** A case of sigstore-conformance's `bundle-verify`, as its files have it. */
export interface ConformanceCase {
  /** The folder's name; one that ends in `_fail` must be refused. */
  readonly name: string;
  readonly bundle: string;
  readonly artifact: Uint8Array;
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
  /** PEM; in place of an identity. */
  readonly key?: string | undefined;
  /** JSON; without it the public-good one counts. */
  readonly trustedRoot?: string | undefined;
}

const ISSUER = 'https://token.actions.githubusercontent.com';
const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
/** How a bundle may be refused; never with a 5xx. */
const REFUSALS = [400, 403, 422];

/**
 * The body of `POST /v1/verify/bundle` for a case. The bundle goes as text, so that one which is not JSON reaches us.
 *
 * @see https://github.com/sigstore/sigstore-conformance/tree/main/test/assets/bundle-verify
 */
export function buildRequest({ bundle, artifact, identity, issuer, key, trustedRoot }: ConformanceCase): object {
  const signer = { issuer: issuer?.trim() ?? ISSUER, identity: identity?.trim() ?? IDENTITY };
  return {
    bundle,
    artifact: Buffer.from(artifact).toString('base64'),
    policy: key === undefined ? signer : { public_key: key },
    ...(trustedRoot === undefined ? {} : { trusted_root: JSON.parse(trustedRoot) as unknown }),
  };
}

/** Whether an answer's status is the one that the case wants. */
export function isExpected({ name }: Pick<ConformanceCase, 'name'>, status: number): boolean {
  return name.endsWith('_fail') ? REFUSALS.includes(status) : status === 200;
}
