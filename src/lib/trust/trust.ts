import { createHash } from 'node:crypto';
import { CodedError, messageOf } from '../error.ts';
import type { Now } from '../http.ts';
import type { Outcome } from '../outcome.ts';
import { parseSigningConfig, type SigningServices } from '../sigstore/signing-config.ts';
import { parseTrustedRoot, type TrustRootMaterial } from '../sigstore/trusted-root.ts';
import { TrustError, type TrustErrorCode } from './error.ts';
import type { DocumentsInstance, TufInstance } from './instance.ts';
import type { HeldDocuments } from './trust-store.ts';

/** An isolate asks the object again after this; a document that expires is asked for at once. */
const KEEP_MS = 300_000;

/** What verification rests on. */
export interface TrustInForce {
  readonly material: TrustRootMaterial;
  readonly source: 'configuration' | HeldDocuments['source'];
  /** Of the document, hexadecimal. */
  readonly sha256: string;
  /** RFC 3339. */
  readonly fetched_at: string;
}

export interface Trust {
  /** The trusted root in force, parsed once. @throws {TrustError} */
  trust(): Promise<TrustInForce>;
  /** Where to sign now. @throws {TrustError}; {SigstoreError} SIGNING_CONFIG_INVALID */
  signing(): Promise<SigningServices>;
}

/** Keeps the documents of an instance that publishes them by TUF. */
export interface TrustObject {
  current(): Promise<Outcome<HeldDocuments>>;
}

export type TrustOptions = { readonly now: Now } & (
  | { readonly instance: DocumentsInstance }
  | { readonly instance: TufInstance; readonly object: () => TrustObject }
);

type Documents = Omit<HeldDocuments, 'source'> & { readonly source: TrustInForce['source'] };

/** Keeps in an isolate's memory what its object keeps: requests to the object are few, and parsing is once a document. */
export function createTrust(options: TrustOptions): Trust {
  const { now } = options;
  const documents = 'object' in options ? keep(now, options.object) : fix(options.instance, now());
  let parsed: ParsedRoot | undefined;
  return {
    trust: async () => {
      const { trusted_root: text, source, fetched_at } = await documents();
      if (parsed?.text !== text) parsed = parse(text);
      const { material, sha256 } = parsed;
      return { material, source, sha256, fetched_at: new Date(fetched_at).toISOString() };
    },
    signing: async () => {
      const { signing_config } = await documents();
      if (signing_config === undefined)
        throw new TrustError('TRUST_ROOT_UNAVAILABLE', 'the mirror has given no signing_config.v0.2.json yet');
      return parseSigningConfig(JSON.parse(signing_config), now());
    },
  };
}

function fix({ trustedRoot, signingConfig }: DocumentsInstance, now: number): () => Promise<Documents> {
  const documents = {
    trusted_root: JSON.stringify(trustedRoot),
    signing_config: JSON.stringify(signingConfig),
    source: 'configuration',
    fetched_at: now,
    expires_at: Number.POSITIVE_INFINITY,
  } as const;
  return () => Promise.resolve(documents);
}

/**
 * Asks again now and then; what is not expired outlasts an object that does not answer. Requests that come at the same
 * time each ask: a promise of one request is not to be awaited by another.
 */
function keep(now: Now, object: () => TrustObject): () => Promise<Documents> {
  let held: Documents | undefined;
  let until = 0;
  return async () => {
    if (held && until > now() && held.expires_at > now()) return held;
    try {
      const answer = await object().current();
      if (!answer.ok) throw refusal(answer);
      held = answer.value;
      until = now() + KEEP_MS;
      return held;
    } catch (error) {
      if (error instanceof CodedError) throw error;
      if (held && held.expires_at > now()) return held;
      throw new TrustError('TRUST_ROOT_UNAVAILABLE', `the trust root's object: ${messageOf(error)}`, { cause: error });
    }
  };
}

function refusal({ code, detail, retryAfterMs }: Extract<Outcome<unknown>, { ok: false }>): TrustError {
  const known: TrustErrorCode = code === 'TRUST_ROOT_EXPIRED' ? code : 'TRUST_ROOT_UNAVAILABLE';
  return new TrustError(known, detail, { retryAfterMs });
}

interface ParsedRoot {
  readonly text: string;
  readonly material: TrustRootMaterial;
  readonly sha256: string;
}

function parse(text: string): ParsedRoot {
  const sha256 = createHash('sha256').update(text).digest('hex');
  try {
    return { text, material: parseTrustedRoot(JSON.parse(text)), sha256 };
  } catch (cause) {
    // Ours to mend, and never the caller's mistake.
    throw new TrustError('TRUST_ROOT_UNAVAILABLE', messageOf(cause), { cause });
  }
}
