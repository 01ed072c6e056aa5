import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { messageOf } from '../error.ts';
import { SigstoreError } from './error.ts';

/** A parsed trusted root; kept, since parsing its keys costs more than a verification. */
export interface TrustRootMaterial {
  readonly root: TrustedRoot;
  readonly material: ReturnType<typeof toTrustMaterial>;
}

/**
 * Parses a trusted root document. A log or authority without the time from which it counts would count always, so the
 * document is refused.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto (TrustedRoot)
 * @throws {SigstoreError} ROOT_INVALID
 */
export function parseTrustedRoot(json: unknown): TrustRootMaterial {
  try {
    const root = TrustedRoot.fromJSON(json);
    const periods = [
      ...[...root.tlogs, ...root.ctlogs].map(({ publicKey }) => publicKey?.validFor),
      ...[...root.certificateAuthorities, ...root.timestampAuthorities].map(({ validFor }) => validFor),
    ];
    if (periods.some((period) => period?.start === undefined)) throw new Error('an entry has no start of validity');
    return { root, material: toTrustMaterial(root) };
  } catch (cause) {
    throw new SigstoreError('ROOT_INVALID', `the trusted root cannot be used: ${messageOf(cause)}`, { cause });
  }
}
