import { createHash } from 'node:crypto';
import { RFC3161Timestamp } from '@sigstore/core';
import { discard, readBody } from '../body.ts';
import { type Caller, call } from '../http.ts';
import { HttpError } from '../http-error.ts';
import { SigstoreError } from './error.ts';

const MAX_TIMESTAMP_BYTES = 64 * 1024;

/**
 * Has a timestamp authority confirm when a signature was there.
 *
 * @returns the RFC 3161 response, DER
 * @see https://github.com/sigstore/timestamp-authority/blob/main/README.md
 * @throws {SigstoreError} TIMESTAMP_REFUSED; {HttpError} PEER_FAILED where the answer is no timestamp
 */
export async function requestTimestamp(caller: Caller, url: string, signature: Buffer): Promise<Uint8Array> {
  const artifactHash = createHash('sha256').update(signature).digest('base64');
  const body = JSON.stringify({ artifactHash, hashAlgorithm: 'sha256', certificates: true });
  const response = await call(caller, url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  if (response.status !== 200 && response.status !== 201) {
    await discard(response);
    throw new SigstoreError('TIMESTAMP_REFUSED', `the timestamp authority answered ${response.status}`);
  }
  const timestamp = await readBody(response, MAX_TIMESTAMP_BYTES);
  try {
    // Bytes that were spoilt on their way would spoil the bundle for ever.
    RFC3161Timestamp.parse(Buffer.from(timestamp));
  } catch (cause) {
    throw new HttpError('PEER_FAILED', 'the timestamp authority answered something else than a timestamp', { cause });
  }
  return timestamp;
}
