import { OciError } from './error.ts';

/** A SHA-256 digest, the only algorithm that is accepted. */
export type Digest = `sha256:${string}`;

/** Of `{}`, which stands for a config. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
export const EMPTY_DIGEST: Digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

const DIGEST = /^sha256:[a-f0-9]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/**
 * Checks a digest's grammar, before it may become a part of a URL.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 * @throws {OciError} DIGEST_INVALID
 */
export function parseDigest(value: unknown): Digest {
  if (!isDigest(value)) throw new OciError('DIGEST_INVALID', 'a digest is sha256: and 64 lower-case hex digits');
  return value;
}

/** The digest of these bytes. */
export async function sha256(bytes: Uint8Array): Promise<Digest> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as BufferSource);
  return `sha256:${Buffer.from(hash).toString('hex')}`;
}
