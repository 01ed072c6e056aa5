import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { SigstoreError } from './error.ts';

/** A parsed trusted root; kept, since parsing its keys costs more than a verification. */
export interface TrustRootMaterial {
  readonly root: TrustedRoot;
  readonly material: ReturnType<typeof toTrustMaterial>;
}

/** In all; real ones have a handful. Each costs a key or a certificate to parse. */
const MAX_ENTRIES = 256;

/**
 * Parses a trusted root document. One without a log is refused, for nothing could ever pass; a log or authority without
 * the time from which it counts would count always, so that is refused too.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto (TrustedRoot)
 * @throws {SigstoreError} ROOT_INVALID
 */
export function parseTrustedRoot(json: unknown): TrustRootMaterial {
  try {
    const root = TrustedRoot.fromJSON(json);
    const problem = findProblem(root);
    if (problem !== undefined) throw new Error(problem);
    return { root, material: toTrustMaterial(root) };
  } catch (cause) {
    throw new SigstoreError('ROOT_INVALID', `the trusted root cannot be used: ${messageOf(cause)}`, { cause });
  }
}

function findProblem({ tlogs, ctlogs, certificateAuthorities, timestampAuthorities }: TrustedRoot): string | undefined {
  const logs = [...tlogs, ...ctlogs];
  const authorities = [...certificateAuthorities, ...timestampAuthorities];
  if (logs.length + authorities.length > MAX_ENTRIES) return `it has more than ${MAX_ENTRIES} entries`;
  if (tlogs.length === 0) return 'it names no log';
  const periods = [...logs.map(({ publicKey }) => publicKey?.validFor), ...authorities.map(({ validFor }) => validFor)];
  return periods.some((period) => period?.start === undefined) ? 'an entry has no start of validity' : undefined;
}
