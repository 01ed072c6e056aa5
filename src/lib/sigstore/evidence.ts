import type { X509Certificate } from '@sigstore/core';

/** What a verified signature proves. Times are RFC 3339. */
export interface Evidence {
  readonly signer: {
    readonly issuer: string;
    readonly identity: string;
    readonly source_repository?: string;
    readonly source_repository_id?: string;
    readonly source_repository_owner_id?: string;
    readonly source_ref?: string;
    readonly source_digest?: string;
    readonly run_url?: string;
    readonly runner_environment?: string;
  };
  readonly timestamps: readonly { readonly type: string; readonly time: string }[];
  readonly log: { readonly index: string; readonly id: string; readonly integrated_at?: string };
  readonly predicate_type?: string;
  /** `sha256:…` of each subject of the statement. */
  readonly subjects: readonly string[];
}

/** @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const EXTENSIONS = {
  runner_environment: '1.3.6.1.4.1.57264.1.11',
  source_repository: '1.3.6.1.4.1.57264.1.12',
  source_digest: '1.3.6.1.4.1.57264.1.13',
  source_ref: '1.3.6.1.4.1.57264.1.14',
  source_repository_id: '1.3.6.1.4.1.57264.1.15',
  source_repository_owner_id: '1.3.6.1.4.1.57264.1.17',
  run_url: '1.3.6.1.4.1.57264.1.21',
} as const;
const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';

/** Who a certificate names. */
export function readSigner(certificate: X509Certificate): Evidence['signer'] {
  const text = (oid: string) => certificate.extension(oid)?.valueObj.subs?.[0]?.value.toString('utf8');
  const extensions = Object.entries(EXTENSIONS).flatMap(([name, oid]) => {
    const value = text(oid);
    return value === undefined ? [] : [[name, value]];
  });
  const issuer = text(ISSUER_V2) ?? certificate.extension(ISSUER_V1)?.value.toString('utf8') ?? '';
  return { issuer, identity: certificate.subjectAltName ?? '', ...Object.fromEntries(extensions) };
}
