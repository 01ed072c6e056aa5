import type { Handler } from '../handler.ts';
import { buildSigningConfig, buildTrustedRoot, type Services } from './documents.ts';
import { createFulcio } from './fulcio.ts';
import { createRekorV1 } from './rekor-v1.ts';
import { createRekorV2 } from './rekor-v2.ts';
import { createTimestampAuthority } from './timestamp-authority.ts';

export interface DemoSigstoreOptions {
  /** Where it will answer: `http://localhost:PORT`. */
  readonly origin: string;
  /** The issuer whose ID tokens its Fulcio takes. */
  readonly issuer: string;
  /** Which version of the log's API; default 2. */
  readonly rekorMajor?: 1 | 2;
  /** Milliseconds since the epoch; default the machine's clock, from which it may differ by less than a year, ahead. */
  readonly now?: () => number;
  /** Reaches the issuer; default the global `fetch`. */
  readonly fetch?: (url: string) => Promise<Response>;
}

/** A whole Sigstore, with keys of its own. */
export interface DemoSigstore {
  /** Fulcio's `/api/v2/signingCert`, Rekor's `/api/v1/log/entries` or `/api/v2/log/entries`, and `/api/v1/timestamp`. */
  readonly fetch: Handler;
  /** What verifiers trust; JSON. */
  readonly trustedRoot: object;
  /** Where signers sign; JSON. */
  readonly signingConfig: object;
  /** How many of each it has given out; live. */
  readonly counts: { readonly certificates: number; readonly timestamps: number; readonly entries: number };
}

/** Makes a Sigstore in memory: certificate authority with CT log, transparency log, timestamp authority. */
export async function createDemoSigstore(options: DemoSigstoreOptions): Promise<DemoSigstore> {
  const { origin, issuer, rekorMajor = 2, now = Date.now, fetch: pull = fetch } = options;
  const counts = { certificates: 0, timestamps: 0, entries: 0 };
  const fulcio = await createFulcio({ issuer, now, pull, onCertificate: () => (counts.certificates += 1) });
  const tsa = await createTimestampAuthority(now, () => (counts.timestamps += 1));
  const createLog = rekorMajor === 2 ? createRekorV2 : createRekorV1;
  const log = createLog({ url: origin, now, onEntry: () => (counts.entries += 1) });
  const services: Services = { origin, rekorMajor, log: log.instance, fulcio, tsa };
  return {
    fetch: (request) => {
      switch (`${request.method} ${new URL(request.url).pathname}`) {
        case 'POST /api/v2/signingCert':
          return fulcio.fetch(request);
        case 'POST /api/v1/timestamp':
          return tsa.fetch(request);
        default:
          return log.fetch(request);
      }
    },
    trustedRoot: buildTrustedRoot(services),
    signingConfig: buildSigningConfig(services),
    counts,
  };
}
