import * as z from 'zod';
import { decodeUtf8, parseStrictJson } from '../json.ts';
import { lazily } from '../lazily.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Attestations of older tools still say this; it reads the same. */
const OLD_STATEMENT_TYPE = 'https://in-toto.io/Statement/v0.1';
/** What cosign calls the signature of an image. @see https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md */
export const COSIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';

/**
 * The statement that these digests are signed, and no more; names no repository, so it serves every registry.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function buildStatement(digests: readonly string[]): Buffer {
  const subject = [...new Set(digests)]
    .sort()
    .map((digest) => ({ digest: { sha256: digest.slice('sha256:'.length) } }));
  return Buffer.from(
    JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType: COSIGN_PREDICATE, predicate: {} }),
  );
}

/** The bytes that a DSSE signature is over. @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md */
export function preAuthEncode(payloadType: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `),
    payload,
  ]);
}

/** What a statement says of what. */
export interface Statement {
  readonly predicateType: string;
  /** `sha256:…` of each subject that has one. */
  readonly digests: readonly string[];
  /** The envelope holds something else than a statement. */
  readonly isForeign: boolean;
}

const statementSchema = lazily(() =>
  z.object({
    _type: z.string().optional(),
    predicateType: z.string().default(''),
    subject: z.array(z.object({ digest: z.record(z.string(), z.string()).default({}) })).default([]),
  }),
);

/**
 * Reads the payload of an envelope.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * @throws {Error} where it is no JSON object that every reader takes alike, or its members are of other types
 */
export function parseStatement(payloadType: string, payload: Uint8Array): Statement {
  if (payloadType !== PAYLOAD_TYPE) return { predicateType: '', digests: [], isForeign: true };
  const { error, data } = statementSchema.safeParse(parseStrictJson(decodeUtf8(payload)));
  if (!data) throw new Error(`${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
  const digests = data.subject.flatMap(({ digest }) => (digest.sha256 ? [`sha256:${digest.sha256}`] : []));
  const isForeign = data._type !== STATEMENT_TYPE && data._type !== OLD_STATEMENT_TYPE;
  return { predicateType: data.predicateType, digests, isForeign };
}
