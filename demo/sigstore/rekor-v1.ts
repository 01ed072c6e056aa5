import { createHash, generateKeyPairSync, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { json } from '@sigstore/core';
import { z } from 'zod';
import { signCheckpoint } from './checkpoint.ts';
import { type DemoLog, type LogOptions, VALID_FROM } from './log.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';

const ENTRIES = '/api/v1/log/entries';
/** Of the one tree there is; the real ones are random. */
const TREE_ID = 0x1000_0000_0001n;

const requestSchema = z.object({
  apiVersion: z.literal('0.0.1'),
  kind: z.literal('dsse'),
  spec: z.object({ proposedContent: z.object({ envelope: z.string(), verifiers: z.array(z.base64()).min(1) }) }),
});
const envelopeSchema = z.object({
  payload: z.base64(),
  payloadType: z.string(),
  signatures: z.array(z.object({ sig: z.base64() })).min(1),
});

/**
 * Rekor v1: takes `dsse` 0.0.1 and nothing else; entries carry the log's time, and its promise over it.
 *
 * @see https://github.com/sigstore/rekor/blob/v1.5.1/openapi.yaml
 */
export function createRekorV1(options: LogOptions): DemoLog {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const log = new Log(new URL(options.url).hostname, privateKey, createHash('sha256').update(spki).digest());
  return {
    fetch: (request) => answer(log, request, options),
    instance: {
      baseUrl: options.url,
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: spki.toString('base64'),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        validFor: { start: VALID_FROM },
      },
      logId: { keyId: log.keyId.toString('base64') },
    },
  };
}

async function answer(log: Log, request: Request, { now, onEntry }: LogOptions): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === 'GET' && pathname.startsWith(`${ENTRIES}/`)) {
    const entry = log.read(pathname.slice(ENTRIES.length + 1));
    return entry ? Response.json(entry) : refuse(404, 'entry not found');
  }
  if (request.method !== 'POST' || pathname !== ENTRIES) return refuse(404, `path ${pathname} was not found`);
  const parsed = requestSchema.safeParse(await request.json().catch(() => undefined));
  const body = parsed.success ? canonicalBody(parsed.data.spec.proposedContent) : undefined;
  if (!body) return refuse(400, 'error processing entry: invalid dsse entry');
  const existing = log.find(body);
  if (existing) {
    const message = `an equivalent entry already exists in the transparency log with UUID ${existing}`;
    return refuse(409, message, `${ENTRIES}/${existing}`);
  }
  const uuid = log.add(body, Math.floor(now() / 1000));
  onEntry();
  return Response.json(log.read(uuid), { status: 201, headers: { Location: `${ENTRIES}/${uuid}`, ETag: uuid } });
}

/** What is logged: hashes, and who signed. Undefined where a signature is not the first verifier's. */
function canonicalBody(proposed: {
  readonly envelope: string;
  readonly verifiers: readonly string[];
}): Buffer | undefined {
  try {
    const { payload, payloadType, signatures } = envelopeSchema.parse(JSON.parse(proposed.envelope));
    const certificate = new X509Certificate(Buffer.from(proposed.verifiers[0] ?? '', 'base64'));
    const content = Buffer.from(payload, 'base64');
    const encoded = Buffer.concat([
      Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${content.byteLength} `),
      content,
    ]);
    const holds = (sig: string) => verify('sha256', encoded, certificate.publicKey, Buffer.from(sig, 'base64'));
    if (!signatures.every(({ sig }) => holds(sig))) return undefined;
    const verifier = Buffer.from(certificate.toString()).toString('base64');
    const spec = {
      envelopeHash: { algorithm: 'sha256', value: sha256(proposed.envelope) },
      payloadHash: { algorithm: 'sha256', value: sha256(content) },
      signatures: signatures
        .map(({ sig }) => ({ signature: sig, verifier }))
        .sort((a, b) => (a.signature < b.signature ? -1 : 1)),
    };
    return Buffer.from(json.canonicalize({ apiVersion: '0.0.1', kind: 'dsse', spec }) ?? '');
  } catch {
    return undefined;
  }
}

class Log {
  readonly #tree = new MerkleTree();
  readonly #entries: { readonly body: Buffer; readonly integratedTime: number }[] = [];
  readonly #hostname: string;
  readonly #key: KeyObject;
  readonly keyId: Buffer;

  constructor(hostname: string, key: KeyObject, keyId: Buffer) {
    this.#hostname = hostname;
    this.#key = key;
    this.keyId = keyId;
  }

  add(body: Buffer, integratedTime: number): string {
    this.#tree.add(body);
    this.#entries.push({ body, integratedTime });
    return uuidOf(body);
  }

  find(body: Buffer): string | undefined {
    const uuid = uuidOf(body);
    return this.#tree.indexOf(uuid.slice(-64)) === undefined ? undefined : uuid;
  }

  /** An entry as the API has it, by its UUID with or without the tree's id; its proof is to the tree's present root. */
  read(uuid: string): object | undefined {
    const logIndex = this.#tree.indexOf(uuid.slice(-64));
    const entry = logIndex === undefined ? undefined : this.#entries[logIndex];
    if (logIndex === undefined || !entry) return undefined;
    const promised = {
      body: entry.body.toString('base64'),
      integratedTime: entry.integratedTime,
      logID: this.keyId.toString('hex'),
      logIndex,
    };
    const signed = sign('sha256', Buffer.from(json.canonicalize(promised) ?? ''), this.#key);
    const inclusionProof = {
      checkpoint: signCheckpoint(this.#tree, {
        origin: `${this.#hostname} - ${TREE_ID}`,
        name: this.#hostname,
        key: this.#key,
        keyId: this.keyId,
      }),
      hashes: this.#tree.proof(logIndex).map((hash) => hash.toString('hex')),
      logIndex,
      rootHash: this.#tree.root().toString('hex'),
      treeSize: this.#tree.size,
    };
    const verification = { inclusionProof, signedEntryTimestamp: signed.toString('base64') };
    return { [uuidOf(entry.body)]: { ...promised, verification } };
  }
}

function uuidOf(body: Buffer): string {
  return TREE_ID.toString(16).padStart(16, '0') + leafHash(body).toString('hex');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function refuse(code: number, message: string, location?: string): Response {
  const headers = location === undefined ? undefined : { Location: location };
  return Response.json({ code, message }, { status: code, ...(headers ? { headers } : {}) });
}
