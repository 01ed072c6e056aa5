import { type Fulcio, keyIdOf } from './fulcio.ts';
import { VALID_FROM } from './log.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

/** What the two documents name. */
export interface Services {
  /** Where all of them answer. */
  readonly origin: string;
  readonly rekorMajor: 1 | 2;
  /** Protobuf's JSON of a TransparencyLogInstance. */
  readonly log: object;
  readonly fulcio: Fulcio;
  readonly tsa: TimestampAuthority;
}

const validFor = { start: VALID_FROM };

/** What verifiers trust. @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto */
export function buildTrustedRoot({ origin, log, fulcio, tsa }: Services): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log],
    certificateAuthorities: [buildAuthority(origin, 'sigstore', [fulcio.root])],
    ctlogs: [
      {
        baseUrl: `${origin}/ct`,
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          rawBytes: fulcio.ctKey.toString('base64'),
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          validFor,
        },
        logId: { keyId: keyIdOf(fulcio.ctKey) },
      },
    ],
    timestampAuthorities: [buildAuthority(`${origin}/api/v1/timestamp`, 'tsa signing', tsa.chain)],
  };
}

function buildAuthority(uri: string, commonName: string, chain: readonly Uint8Array[]): object {
  const certificates = chain.map((der) => ({ rawBytes: Buffer.from(der).toString('base64') }));
  return { subject: { organization: 'sigstore.mock', commonName }, uri, certChain: { certificates }, validFor };
}

/**
 * Where signers sign. As in production, a log of the first version stands without a timestamp authority: its entries
 * carry a time.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto (SigningConfig)
 */
export function buildSigningConfig({ origin, rekorMajor }: Services): object {
  const service = (url: string, majorApiVersion: number) => ({
    url,
    majorApiVersion,
    validFor,
    operator: 'demo',
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(origin, 1)],
    oidcUrls: [],
    rekorTlogUrls: [service(origin, rekorMajor)],
    rekorTlogConfig: { selector: 'ANY' },
    ...(rekorMajor === 2
      ? { tsaUrls: [service(`${origin}/api/v1/timestamp`, 1)], tsaConfig: { selector: 'ANY' } }
      : {}),
  };
}
