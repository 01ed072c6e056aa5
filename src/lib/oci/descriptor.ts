import * as z from 'zod';
import { lazily } from '../lazily.ts';
import { type Digest, isDigest } from './digest.ts';

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

/** `size` is in bytes. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

export const platformSchema = lazily(() =>
  z.object({
    os: z.string(),
    architecture: z.string(),
    variant: z.string().exactOptional(),
    'os.version': z.string().exactOptional(),
    'os.features': z.array(z.string()).exactOptional(),
  }),
);

/**
 * Annotations as they were read: `z.record` makes a copy that loses the key `__proto__`, and with it the bytes of what is
 * written from them.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#rules
 */
export const annotationsSchema = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'must map names to texts',
);

/** Unknown fields are kept: descriptors of others are passed on as they are. */
export const descriptorSchema = lazily(() =>
  z.looseObject({
    mediaType: z.string().min(1).max(255),
    digest: z.string().refine((value): value is Digest => isDigest(value), 'must be a sha256 digest'),
    size: z.int().min(0),
    urls: z.array(z.string()).exactOptional(),
    annotations: annotationsSchema.exactOptional(),
    data: z.string().exactOptional(),
    platform: platformSchema.exactOptional(),
    artifactType: z.string().exactOptional(),
  }),
);
