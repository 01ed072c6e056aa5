import * as z from 'zod';
import { lazily } from '../lazily.ts';
import { SigstoreError } from './error.ts';

/** Where to sign: each URL without a slash at its end. */
export interface SigningServices {
  readonly fulcioUrl: string;
  readonly rekor: { readonly url: string; readonly majorApiVersion: 1 | 2 };
  /** The whole URL of an RFC 3161 service; always there with Rekor v2, whose entries carry no time. */
  readonly timestampUrl?: string;
}

const service = lazily(() =>
  z.object({
    url: z.url(),
    majorApiVersion: z.int(),
    validFor: z.object({ start: z.string().optional(), end: z.string().optional() }).optional(),
  }),
);
type Service = z.infer<typeof service>;
const schema = lazily(() =>
  z.object({
    mediaType: z.string().startsWith('application/vnd.dev.sigstore.signingconfig.v0.2'),
    caUrls: z.array(service).min(1),
    rekorTlogUrls: z.array(service).min(1),
    tsaUrls: z.array(service).default([]),
  }),
);

/**
 * Chooses the services of a signing configuration: of those valid now, the newest version that is spoken here.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto (SigningConfig)
 * @throws {SigstoreError} SIGNING_CONFIG_INVALID
 */
export function parseSigningConfig(json: unknown, now: number): SigningServices {
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw new SigstoreError('SIGNING_CONFIG_INVALID', 'the signing configuration is not of version 0.2');
  const { caUrls, rekorTlogUrls, tsaUrls } = parsed.data;
  const fulcio = choose(caUrls, [1], now);
  const rekor = choose(rekorTlogUrls, [1, 2], now);
  const tsa = choose(tsaUrls, [1], now);
  if (!fulcio || !rekor)
    throw new SigstoreError(
      'SIGNING_CONFIG_INVALID',
      'no certificate authority or no log of the signing configuration is valid now',
    );
  if (rekor.majorApiVersion === 2 && !tsa)
    throw new SigstoreError('SIGNING_CONFIG_INVALID', 'Rekor v2 needs a timestamp authority');
  return {
    fulcioUrl: trim(fulcio.url),
    rekor: { url: trim(rekor.url), majorApiVersion: rekor.majorApiVersion === 2 ? 2 : 1 },
    ...(tsa ? { timestampUrl: tsa.url } : {}),
  };
}

function choose(services: readonly Service[], versions: readonly number[], now: number): Service | undefined {
  const usable = services.filter(({ majorApiVersion, validFor }) => {
    const begun = validFor?.start === undefined || Date.parse(validFor.start) <= now;
    const over = validFor?.end !== undefined && Date.parse(validFor.end) < now;
    return versions.includes(majorApiVersion) && begun && !over;
  });
  return usable.sort((a, b) => b.majorApiVersion - a.majorApiVersion)[0];
}

function trim(url: string): string {
  return url.replace(/\/+$/, '');
}
