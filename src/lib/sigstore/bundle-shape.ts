import * as z from 'zod';
import { lazily } from '../lazily.ts';

/** Either alphabet, with or without its padding, as protobuf's JSON has it; nothing that a lenient decoder would skip. */
const BASE64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/;

/** Newer ones may mean something else. */
const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[123]|\.v0\.[123]\+json)$/;

const bytes = z.string().refine(isBase64, 'is not base64').nullish();
const int64 = z.union([z.string().refine(isInt64, 'is no number'), z.int().nonnegative()]).nullish();
const text = z.string().nullish();
const raw = z.strictObject({ rawBytes: bytes }).nullish();
const list = <Member extends z.ZodType>(member: Member) => z.array(member).nullish();

const proof = lazily(() =>
  z
    .strictObject({
      logIndex: int64,
      rootHash: bytes,
      treeSize: int64,
      hashes: list(z.string().refine(isBase64, 'is not base64')),
      checkpoint: z.strictObject({ envelope: text }).nullish(),
    })
    .nullish(),
);

const entry = lazily(() =>
  z.strictObject({
    logIndex: int64,
    logId: z.strictObject({ keyId: bytes }).nullish(),
    kindVersion: z.strictObject({ kind: text, version: text }).nullish(),
    integratedTime: int64,
    inclusionPromise: z.strictObject({ signedEntryTimestamp: bytes }).nullish(),
    inclusionProof: proof,
    canonicalizedBody: bytes,
  }),
);

const material = lazily(() =>
  z
    .strictObject({
      publicKey: z.strictObject({ hint: text }).nullish(),
      x509CertificateChain: z.strictObject({ certificates: list(z.strictObject({ rawBytes: bytes })) }).nullish(),
      certificate: raw,
      tlogEntries: list(entry),
      timestampVerificationData: z
        .strictObject({ rfc3161Timestamps: list(z.strictObject({ signedTimestamp: bytes })) })
        .nullish(),
    })
    .refine(
      (value) => countSet(value.publicKey, value.x509CertificateChain, value.certificate) < 2,
      'has several keys',
    ),
);

const schema = lazily(() =>
  z
    .strictObject({
      mediaType: z.string().regex(MEDIA_TYPE, 'is of no version that is known'),
      verificationMaterial: material.nullish(),
      messageSignature: z
        .strictObject({
          messageDigest: z
            .strictObject({ algorithm: z.union([z.string(), z.int()]).nullish(), digest: bytes })
            .nullish(),
          signature: bytes,
        })
        .nullish(),
      dsseEnvelope: z
        .strictObject({
          payload: bytes,
          payloadType: text,
          signatures: list(z.strictObject({ sig: bytes, keyid: text })),
        })
        .nullish(),
    })
    .refine((value) => countSet(value.messageSignature, value.dsseEnvelope) < 2, 'has several contents'),
);

/**
 * What makes a document no bundle in the JSON of protobuf; undefined where it is one. The generated parser takes what
 * it likes from any document: it would drop a member that it does not know, choose between two contents, and read
 * bytes around what is not base64, where clients in Go refuse the whole.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 * @see https://protobuf.dev/programming-guides/json/
 */
export function findShapeProblem(json: unknown): string | undefined {
  const { error } = schema.safeParse(json);
  const [issue] = error?.issues ?? [];
  if (!issue) return undefined;
  const what = issue.code === 'unrecognized_keys' ? `has the unknown member ${issue.keys[0]}` : issue.message;
  return `${issue.path.join('.')} ${what}`.trim().slice(0, 200);
}

function isBase64(value: string): boolean {
  const padded = value.endsWith('=');
  return BASE64.test(value) && (padded ? value.length % 4 === 0 : value.length % 4 !== 1);
}

function isInt64(value: string): boolean {
  return /^(?:0|[1-9]\d{0,18})$/.test(value) && BigInt(value) < 2n ** 63n;
}

function countSet(...members: readonly unknown[]): number {
  return members.filter((member) => member !== null && member !== undefined).length;
}
