import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { createDemoIssuer, type DemoIssuer } from '../../demo/issuer/issuer.ts';
import { createDemoSigstore, type DemoSigstore } from '../../demo/sigstore/sigstore.ts';
import type { Caller } from '../../src/lib/http.ts';
import { requestCertificate } from '../../src/lib/sigstore/certificate.ts';
import { type SignedBundle, signDigests } from '../../src/lib/sigstore/sign.ts';
import { parseSigningConfig } from '../../src/lib/sigstore/signing-config.ts';

export const ISSUER = 'http://localhost:7001';
export const SIGSTORE = 'http://localhost:7002';
export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A Sigstore and its issuer, called without a network. */
export interface Setup {
  readonly issuer: DemoIssuer;
  readonly sigstore: DemoSigstore;
  readonly caller: Caller;
}

export async function createSetup(rekorMajor: 1 | 2, now: () => number = Date.now): Promise<Setup> {
  const issuer = await createDemoIssuer({ origin: ISSUER, now });
  const sigstore = await createDemoSigstore({
    origin: SIGSTORE,
    issuer: ISSUER,
    rekorMajor,
    now,
    fetch: (url) => issuer.fetch(new Request(url)),
  });
  const caller: Caller = {
    fetch: (input, init) => sigstore.fetch(new Request(input, init)),
    now,
    sleep: () => Promise.resolve(),
    random: () => 0,
    retry: { tries: 1, backoffMs: 0, maxPauseMs: 0, timeoutMs: 10_000 },
  };
  return { issuer, sigstore, caller };
}

/** Signs as the Worker does. */
export async function signWith({ issuer, sigstore, caller }: Setup, claims = issuer.claims()): Promise<SignedBundle> {
  const services = parseSigningConfig(sigstore.signingConfig, caller.now());
  const token = await issuer.token(claims, 'sigstore');
  const identity = await requestCertificate(caller, services.fulcioUrl, token);
  return signDigests({ caller, services, identity, digests: [DIGEST] });
}

/** Verifies as any client does: the library, and the Sigstore's trusted root. @throws {Error} where it does not hold */
export function verifyWithLibrary({ sigstore }: Setup, json: string): Signer {
  const trust = toTrustMaterial(TrustedRoot.fromJSON(sigstore.trustedRoot));
  const verifier = new Verifier(trust, { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
  return verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(json))));
}
