import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { SigstoreError } from './error.ts';
import { isOrdered, pinCertificate } from './pinned-certificate.ts';

/** A parsed trusted root; kept, since parsing its keys costs more than a verification. */
export interface TrustRootMaterial {
  readonly root: TrustedRoot;
  readonly material: ReturnType<typeof toTrustMaterial>;
}

/** Logs and authorities, and certificates, in all; real roots have a handful. Each costs a key to parse. */
const MAX_ENTRIES = 256;
const MAX_CERTIFICATES = 64;
/** Of one authority: the ways through a chain are tried. */
const MAX_CHAIN = 8;

/**
 * Parses a trusted root document. One without a log is refused, for nothing could ever pass; a log or authority without
 * the time from which it counts would count always, so that is refused too. Its certificates are kept as they are used.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto (TrustedRoot)
 * @throws {SigstoreError} ROOT_INVALID
 */
export function parseTrustedRoot(json: unknown): TrustRootMaterial {
  try {
    const root = TrustedRoot.fromJSON(json);
    const problem = findProblem(root);
    if (problem !== undefined) throw new Error(problem);
    const material = toTrustMaterial(root);
    for (const { certChain } of [...material.certificateAuthorities, ...material.timestampAuthorities])
      if (!isOrdered(certChain.map(pinCertificate)))
        throw new Error('a chain is not ordered from the leaf to the root');
    return { root, material };
  } catch (cause) {
    throw new SigstoreError('ROOT_INVALID', `the trusted root cannot be used: ${messageOf(cause)}`, { cause });
  }
}

function findProblem({ tlogs, ctlogs, certificateAuthorities, timestampAuthorities }: TrustedRoot): string | undefined {
  const logs = [...tlogs, ...ctlogs];
  const authorities = [...certificateAuthorities, ...timestampAuthorities];
  if (logs.length + authorities.length > MAX_ENTRIES) return `it has more than ${MAX_ENTRIES} entries`;
  const chains = authorities.map(({ certChain }) => certChain?.certificates.length ?? 0);
  if (chains.some((length) => length > MAX_CHAIN)) return `a chain has more than ${MAX_CHAIN} certificates`;
  if (chains.reduce((sum, length) => sum + length, 0) > MAX_CERTIFICATES)
    return `it has more than ${MAX_CERTIFICATES} certificates`;
  if (tlogs.length === 0) return 'it names no log';
  const periods = [...logs.map(({ publicKey }) => publicKey?.validFor), ...authorities.map(({ validFor }) => validFor)];
  return periods.some((period) => period?.start === undefined) ? 'an entry has no start of validity' : undefined;
}
