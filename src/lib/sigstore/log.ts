import { createHash, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { discard, readJson } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { lazily } from '../lazily.ts';
import { SigstoreError } from './error.ts';
import type { SigningServices } from './signing-config.ts';

const MAX_ENTRY_BYTES = 4 * 1024 * 1024;
/** Rekor v2 answers when its next checkpoint is out, about 10 s by default: it gets half as much time again. */
const LOG_PATIENCE = 1.5;

/** A log entry as a bundle has it: protobuf's JSON of a TransparencyLogEntry. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly logIndex: string };

export interface SignedEnvelope {
  readonly payload: Buffer;
  readonly payloadType: string;
  readonly signature: Buffer;
  /** What the signature is over. */
  readonly encoded: Buffer;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** Adds an envelope to the log. @throws {SigstoreError} LOG_REFUSED */
export function logEnvelope(
  caller: Caller,
  rekor: SigningServices['rekor'],
  envelope: SignedEnvelope,
): Promise<LogEntry> {
  const patient = { ...caller, retry: { ...caller.retry, timeoutMs: caller.retry.timeoutMs * LOG_PATIENCE } };
  return rekor.majorApiVersion === 2 ? logToV2(patient, rekor.url, envelope) : logToV1(patient, rekor.url, envelope);
}

const entrySchema = lazily(() => z.looseObject({ logIndex: z.string().default('0') }));

/**
 * As `hashedrekord`: a real Rekor v2 takes no `dsse` entries.
 *
 * @see https://github.com/sigstore/rekor-tiles/blob/v2.3.0/CLIENTS.md
 */
async function logToV2(
  caller: Caller,
  url: string,
  { encoded, signature, certificate }: SignedEnvelope,
): Promise<LogEntry> {
  const body = {
    hashedRekordRequestV002: {
      digest: createHash('sha256').update(encoded).digest('base64'),
      signature: {
        content: signature.toString('base64'),
        verifier: {
          x509Certificate: { rawBytes: Buffer.from(certificate).toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  };
  const response = await post(caller, `${url}/api/v2/log/entries`, body);
  if (response.status !== 200 && response.status !== 201) return refuse(response);
  return parseEntry(await readJson(response, MAX_ENTRY_BYTES));
}

function parseEntry(json: unknown): LogEntry {
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) throw new SigstoreError('LOG_REFUSED', 'the log answered something else than an entry');
  return parsed.data;
}

const v1Schema = lazily(() =>
  z.record(
    z.string(),
    z.object({
      body: z.string(),
      integratedTime: z.number(),
      logID: z.string(),
      logIndex: z.number(),
      verification: z.object({
        signedEntryTimestamp: z.string(),
        inclusionProof: z.object({
          checkpoint: z.string(),
          hashes: z.array(z.string()),
          logIndex: z.number(),
          rootHash: z.string(),
          treeSize: z.number(),
        }),
      }),
    }),
  ),
);

/** As `dsse`; an entry that is there already is fetched. @see https://github.com/sigstore/rekor/blob/v1.5.1/openapi.yaml */
async function logToV1(caller: Caller, url: string, envelope: SignedEnvelope): Promise<LogEntry> {
  const { payload, payloadType, signature, certificate } = envelope;
  const document = {
    payload: payload.toString('base64'),
    payloadType,
    signatures: [{ sig: signature.toString('base64') }],
  };
  const verifier = Buffer.from(new X509Certificate(certificate).toString()).toString('base64');
  const spec = { proposedContent: { envelope: JSON.stringify(document), verifiers: [verifier] } };
  let response = await post(caller, `${url}/api/v1/log/entries`, { apiVersion: '0.0.1', kind: 'dsse', spec });
  if (response.status === 409) {
    await discard(response);
    response = await call(caller, entryLocation(url, response.headers.get('Location')));
  }
  if (response.status !== 200 && response.status !== 201) return refuse(response);
  return parseV1(await readJson(response, MAX_ENTRY_BYTES));
}

/** The entry must be at the log itself. */
function entryLocation(url: string, location: string | null): string {
  const uuid = /\/api\/v1\/log\/entries\/([0-9a-f]{64,80})$/.exec(location ?? '')?.[1];
  if (uuid === undefined) throw new SigstoreError('LOG_REFUSED', 'the log has the entry, but does not say where');
  return `${url}/api/v1/log/entries/${uuid}`;
}

function parseV1(json: unknown): LogEntry {
  const parsed = v1Schema.safeParse(json);
  const [entry] = Object.values(parsed.data ?? {});
  if (!entry) throw new SigstoreError('LOG_REFUSED', 'the log answered something else than an entry');
  const { inclusionProof, signedEntryTimestamp } = entry.verification;
  const hex = (text: string) => Buffer.from(text, 'hex').toString('base64');
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: hex(entry.logID) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      rootHash: hex(inclusionProof.rootHash),
      treeSize: String(inclusionProof.treeSize),
      hashes: inclusionProof.hashes.map(hex),
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

function post(caller: Caller, url: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  return call(caller, url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function refuse(response: Response): Promise<never> {
  await discard(response);
  throw new SigstoreError('LOG_REFUSED', `the log answered ${response.status}`);
}
