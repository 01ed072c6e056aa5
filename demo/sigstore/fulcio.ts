import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
// By their files: the package's own entry loads nock, which replaces node:http's client for the whole process.
import { initializeCA } from '@sigstore/mock/dist/fulcio/ca.js';
import { initializeCTLog } from '@sigstore/mock/dist/fulcio/ctlog.js';
import { fulcioHandler } from '@sigstore/mock/dist/fulcio/handler.js';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Handler } from '../handler.ts';

/** A certificate authority with a certificate transparency log. */
export interface Fulcio {
  /** `POST /api/v2/signingCert` */
  readonly fetch: Handler;
  /** DER. */
  readonly root: Uint8Array;
  /** The CT log's public key, SPKI, DER. */
  readonly ctKey: Buffer;
}

export interface FulcioOptions {
  /** Whose ID tokens are taken; audience `sigstore`. */
  readonly issuer: string;
  readonly now: () => number;
  /** Reaches the issuer. */
  readonly pull: (url: string) => Promise<Response>;
  readonly onCertificate: () => void;
}

const requestSchema = z.object({
  credentials: z.object({ oidcIdentityToken: z.string() }),
  publicKeyRequest: z.object({ publicKey: z.object({ content: z.string() }), proofOfPossession: z.base64() }),
});
const claimsSchema = z.looseObject({ sub: z.string(), job_workflow_ref: z.string() });
const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The token's subject. @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const TOKEN_SUBJECT = '1.3.6.1.4.1.57264.1.24';

/**
 * Fulcio as it is for GitHub's tokens: checks token and proof of possession, and makes a certificate for
 * `https://github.com/<job_workflow_ref>` with all extensions and an SCT.
 *
 * The root is valid from now for a year, by the machine's clock.
 *
 * @see https://github.com/sigstore/fulcio/blob/v1.8.8/pkg/server/grpc_server.go
 */
export async function createFulcio({ issuer, now, pull, onCertificate }: FulcioOptions): Promise<Fulcio> {
  const caKeys = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ctKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { rootCertificate } = await initializeCA(caKeys);
  const keysOf = createKeyLookup(issuer, pull);
  // Both take a fixed time, so each certificate has its own pair; the keys, which are what count, stay.
  const authorityAt = async (clock: Date) => initializeCA(caKeys, await initializeCTLog(ctKeys, clock), clock);
  return {
    fetch: async (request) => {
      const body = await request.text();
      const parsed = requestSchema.safeParse(tryJson(body));
      if (!parsed.success) return refuse('The request could not be parsed');
      const { credentials, publicKeyRequest } = parsed.data;
      const claims = await verifyToken(credentials.oidcIdentityToken, issuer, await keysOf(), now());
      if (!claims) return refuse('There was an error processing the identity token');
      if (!possesses(publicKeyRequest, claims.sub))
        return refuse('The signature supplied in the request could not be verified');
      const authority = nameSubject(await authorityAt(new Date(now())), claims);
      const answer = await fulcioHandler(authority, { strict: true }).fn(body);
      if (answer.statusCode !== 201) return refuse('error communicating with CA backend');
      onCertificate();
      return new Response(String(answer.response), { headers: { 'Content-Type': 'application/json' } });
    },
    root: new Uint8Array(rootCertificate.buffer),
    ctKey: ctKeys.publicKey.export({ type: 'spki', format: 'der' }),
  };
}

type Authority = Awaited<ReturnType<typeof initializeCA>>;

/** The mock writes any claim as the certificate's name, but no URL of it; and not the token's subject. */
function nameSubject(authority: Authority, claims: z.infer<typeof claimsSchema>): Authority {
  const subject = { oid: TOKEN_SUBJECT, value: claims.sub };
  return {
    rootCertificate: authority.rootCertificate,
    issueCertificate: (options) =>
      authority.issueCertificate({
        ...options,
        subjectAltName: `https://github.com/${claims.job_workflow_ref}`,
        extensions: [...(options.extensions ?? []), subject],
      }),
  };
}

type Keys = ReturnType<typeof createLocalJWKSet>;

/** The issuer's keys, asked for once: the demo's issuer keeps its own. */
function createKeyLookup(issuer: string, pull: FulcioOptions['pull']): () => Promise<Keys> {
  let keys: Promise<Keys> | undefined;
  const load = async () => {
    const discovery = await pull(`${issuer}/.well-known/openid-configuration`);
    const { jwks_uri } = z.object({ jwks_uri: z.string() }).parse(await discovery.json());
    return createLocalJWKSet(jwksSchema.parse(await (await pull(jwks_uri)).json()));
  };
  return () => {
    keys ??= load();
    keys.catch(() => {
      keys = undefined;
    });
    return keys;
  };
}

async function verifyToken(token: string, issuer: string, keys: Keys, now: number) {
  try {
    const options = { issuer, audience: 'sigstore', algorithms: ['RS256'], currentDate: new Date(now) };
    const { payload }: { payload: JWTPayload } = await jwtVerify(token, keys, options);
    return claimsSchema.parse(payload);
  } catch {
    return undefined;
  }
}

function possesses(request: z.infer<typeof requestSchema>['publicKeyRequest'], subject: string): boolean {
  try {
    const key = createPublicKey(request.publicKey.content);
    return verify('sha256', Buffer.from(subject), key, Buffer.from(request.proofOfPossession, 'base64'));
  } catch {
    return false;
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error as a gRPC gateway writes it; 3 is INVALID_ARGUMENT. */
function refuse(message: string): Response {
  return Response.json({ code: 3, message, details: [] }, { status: 400 });
}

/** A log's or key's id: SHA-256 over its SPKI. @see https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
export function keyIdOf(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('base64');
}
