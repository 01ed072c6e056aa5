import { generateKeyPairSync } from 'node:crypto';
// By their files, as in fulcio.ts.
import { tsaHandler } from '@sigstore/mock/dist/timestamp/handler.js';
import { initializeTSA } from '@sigstore/mock/dist/timestamp/tsa.js';
import type { Handler } from '../handler.ts';

/** An RFC 3161 service. */
export interface TimestampAuthority {
  /** `POST /api/v1/timestamp` */
  readonly fetch: Handler;
  /** Leaf first, each DER. */
  readonly chain: readonly Uint8Array[];
}

/**
 * A timestamp authority that takes Sigstore's JSON requests.
 *
 * @see https://github.com/sigstore/timestamp-authority/blob/main/README.md
 */
export async function createTimestampAuthority(
  now: () => number,
  onTimestamp: () => void,
): Promise<TimestampAuthority> {
  // The authority reads this very object whenever it wants the time. Whole seconds: it writes 35 ms as a fraction that
  // RFC 3161 does not have.
  const seconds = () => Math.floor(now() / 1000) * 1000;
  const clock = new Date(seconds());
  const tsa = await initializeTSA(generateKeyPairSync('ec', { namedCurve: 'P-256' }), clock);
  const { fn } = tsaHandler(tsa, { strict: true });
  return {
    fetch: async (request) => {
      clock.setTime(seconds());
      const { statusCode, response, contentType } = await fn(await request.text());
      if (statusCode !== 201)
        return Response.json({ code: statusCode, message: String(response) }, { status: statusCode });
      onTimestamp();
      const body = typeof response === 'string' ? response : new Uint8Array(response.buffer);
      return new Response(body, { status: 201, headers: { 'Content-Type': contentType ?? '' } });
    },
    chain: [new Uint8Array(tsa.intCertificate.buffer), new Uint8Array(tsa.rootCertificate.buffer)],
  };
}
