import type { Bundle } from '@sigstore/bundle';
import * as z from 'zod';
import { lazily } from '../lazily.ts';

type LogEntry = Bundle['verificationMaterial']['tlogEntries'][number];

const PEM = /^\s*-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z0-9 ]+-----\s*$/;

const der = lazily(() => z.base64().transform((text) => Buffer.from(text, 'base64')));
/** PEM, in base64. */
const pem = lazily(() =>
  z.base64().transform((text, context) => {
    const [, body] = PEM.exec(Buffer.from(text, 'base64').toString('latin1')) ?? [];
    if (body === undefined) context.addIssue('is not PEM');
    return Buffer.from(body ?? '', 'base64');
  }),
);

const verifier = lazily(() =>
  z
    .object({
      x509Certificate: z.object({ rawBytes: der }).optional(),
      publicKey: z.object({ rawBytes: der }).optional(),
    })
    .transform(({ x509Certificate, publicKey }) => (x509Certificate ?? publicKey)?.rawBytes),
);

/** Where each kind of entry says with what its signature is verified; DER. */
const bodies = {
  'hashedrekord 0.0.1': lazily(() =>
    z
      .object({ spec: z.object({ signature: z.object({ publicKey: z.object({ content: pem }) }) }) })
      .transform(({ spec }) => spec.signature.publicKey.content),
  ),
  'dsse 0.0.1': lazily(() =>
    z
      .object({ spec: z.object({ signatures: z.tuple([z.object({ verifier: pem })]) }) })
      .transform(({ spec }) => spec.signatures[0].verifier),
  ),
  'intoto 0.0.2': lazily(() =>
    z
      .object({
        spec: z.object({
          content: z.object({ envelope: z.object({ signatures: z.tuple([z.object({ publicKey: pem })]) }) }),
        }),
      })
      .transform(({ spec }) => spec.content.envelope.signatures[0].publicKey),
  ),
  'hashedrekord 0.0.2': lazily(() =>
    z
      .object({ spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier }) }) }) })
      .transform(({ spec }) => spec.hashedRekordV002.signature.verifier),
  ),
  'dsse 0.0.2': lazily(() =>
    z
      .object({ spec: z.object({ dsseV002: z.object({ signatures: z.tuple([z.object({ verifier })]) }) }) })
      .transform(({ spec }) => spec.dsseV002.signatures[0].verifier),
  ),
} as const;

/**
 * Whether a log entry is about this certificate or key. The library binds the entry to the signature and the digest, but
 * not to who signed: an entry that names another certificate would let the log vouch for a signer that it never saw.
 *
 * @param expected - the certificate's DER, or the public key's (SubjectPublicKeyInfo)
 * @see https://github.com/sigstore/rekor/blob/v1.5.1/types.md
 */
export function isLoggedFor({ kindVersion, canonicalizedBody }: LogEntry, expected: Uint8Array): boolean {
  const kind = `${kindVersion?.kind} ${kindVersion?.version}`;
  if (!isKnown(kind)) return false;
  try {
    const { data } = bodies[kind].safeParse(JSON.parse(canonicalizedBody.toString('utf8')));
    return data?.equals(expected) ?? false;
  } catch {
    return false;
  }
}

function isKnown(kind: string): kind is keyof typeof bodies {
  return Object.hasOwn(bodies, kind);
}
