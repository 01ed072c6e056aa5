import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { json } from '@sigstore/core';
import { z } from 'zod';
import { type CheckpointSigner, signCheckpoint } from './checkpoint.ts';
import { type DemoLog, type LogOptions, VALID_FROM } from './log.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';

const bytes = z.base64().min(1);
const requestSchema = z.strictObject({
  hashedRekordRequestV002: z.strictObject({
    digest: bytes,
    signature: z.strictObject({
      content: bytes,
      verifier: z.strictObject({
        x509Certificate: z.strictObject({ rawBytes: bytes }),
        keyDetails: z.literal('PKIX_ECDSA_P256_SHA_256'),
      }),
    }),
  }),
});
type HashedRekord = z.infer<typeof requestSchema>['hashedRekordRequestV002'];

/**
 * Rekor v2: takes `hashedrekord` 0.0.2 over an ECDSA P-256 certificate and nothing else; entries carry no time. The
 * signature itself is not checked, since Node cannot check one over a digest; whoever verifies the bundle does.
 *
 * @see https://github.com/sigstore/rekor-tiles/blob/v2.3.0/internal/server/service.go
 */
export function createRekorV2({ url, onEntry }: LogOptions): DemoLog {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { hostname } = new URL(url);
  const keyId = noteKeyId(hostname, publicKey);
  const signer: CheckpointSigner = { origin: hostname, name: hostname, key: privateKey, keyId };
  const tree = new MerkleTree();
  return {
    fetch: async (request) => {
      if (request.method !== 'POST' || new URL(request.url).pathname !== '/api/v2/log/entries')
        return refuse(404, 5, 'Not Found');
      const parsed = requestSchema.safeParse(await request.json().catch(() => undefined));
      if (!parsed.success) return refuse(400, 3, messageFor(parsed.error));
      const body = canonicalBody(parsed.data.hashedRekordRequestV002);
      if (!body) return refuse(400, 3, 'invalid hashedrekord request');
      const known = tree.indexOf(leafHash(body).toString('hex'));
      if (known !== undefined) return refuse(409, 6, `entry already exists at index ${known}`, known);
      const index = tree.add(body);
      onEntry();
      return Response.json(buildEntry({ tree, index, body, signer }), { status: 201 });
    },
    instance: {
      baseUrl: url,
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        keyDetails: 'PKIX_ED25519',
        validFor: { start: VALID_FROM },
      },
      logId: { keyId: keyId.toString('base64') },
    },
  };
}

/** @see https://github.com/C2SP/C2SP/blob/main/signed-note.md#signatures (0x01 is Ed25519) */
function noteKeyId(name: string, publicKey: KeyObject): Buffer {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(1)).update(raw).digest();
}

/** What is logged, in canonical JSON; undefined where digest or certificate is none. */
function canonicalBody({ digest, signature }: HashedRekord): Buffer | undefined {
  if (Buffer.from(digest, 'base64').byteLength !== 32) return undefined;
  try {
    const certificate = new X509Certificate(Buffer.from(signature.verifier.x509Certificate.rawBytes, 'base64'));
    if (certificate.publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined;
  } catch {
    return undefined;
  }
  const hashedRekordV002 = { data: { algorithm: 'SHA2_256', digest }, signature };
  return Buffer.from(
    json.canonicalize({ apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002 } }) ?? '',
  );
}

interface Logged {
  readonly tree: MerkleTree;
  readonly index: number;
  readonly body: Buffer;
  readonly signer: CheckpointSigner;
}

/** Every field is written, as the real server's gateway does: an absent promise is null, an absent time "0". */
function buildEntry({ tree, index, body, signer }: Logged): object {
  return {
    logIndex: String(index),
    logId: { keyId: signer.keyId.toString('base64') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    integratedTime: '0',
    inclusionPromise: null,
    inclusionProof: {
      logIndex: String(index),
      rootHash: tree.root().toString('base64'),
      treeSize: String(tree.size),
      hashes: tree.proof(index).map((hash) => hash.toString('base64')),
      checkpoint: { envelope: signCheckpoint(tree, signer) },
    },
    canonicalizedBody: body.toString('base64'),
  };
}

function messageFor(error: z.ZodError): string {
  const whole = error.issues.some(({ path }) => path.length <= 1);
  return whole ? 'invalid type, must be hashedrekord' : 'invalid hashedrekord request';
}

/** An error as a gRPC gateway writes it. @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
function refuse(status: number, code: number, message: string, index?: number): Response {
  const headers = index === undefined ? undefined : { 'X-Log-Index': String(index) };
  return Response.json({ code, message, details: [] }, { status, ...(headers ? { headers } : {}) });
}
