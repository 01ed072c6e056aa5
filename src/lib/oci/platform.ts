import * as z from 'zod';
import { lazily } from '../lazily.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import { OciError } from './error.ts';

/** Other names of an architecture, with the variant they fix. */
const ALIASES = new Map<string, { readonly architecture: string; readonly variant?: string }>([
  ['i386', { architecture: '386', variant: '' }],
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['aarch64', { architecture: 'arm64' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
]);

/** The variant that goes without saying. */
const DEFAULT_VARIANTS = new Map([
  ['amd64', ['v1']],
  ['arm64', ['8', 'v8']],
]);

/**
 * Normalises a platform's names, so that equal platforms are written alike.
 *
 * @see https://github.com/containerd/platforms/blob/v1.0.0/database.go
 */
export function normalisePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase();
  const named = platform.architecture.toLowerCase();
  const { architecture, variant: fixed } = ALIASES.get(named) ?? { architecture: named };
  const variant = fixed ?? normaliseVariant(architecture, (platform.variant ?? '').toLowerCase());
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

function normaliseVariant(architecture: string, variant: string): string {
  if (DEFAULT_VARIANTS.get(architecture)?.includes(variant)) return '';
  if (architecture !== 'arm') return variant;
  if (variant === '') return 'v7';
  return /^[5-8]$/.test(variant) ? `v${variant}` : variant;
}

/** @see https://github.com/containerd/platforms/blob/v1.0.0/platforms.go */
const COMPONENT = /^[A-Za-z0-9_.-]{1,64}$/;

/** Parses `os/architecture` or `os/architecture/variant`. @throws {OciError} REFERENCE_INVALID */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/', 4);
  const [os, architecture, variant] = parts;
  if (!os || !architecture || parts.length > 3 || !parts.every((part) => COMPONENT.test(part)))
    throw new OciError('REFERENCE_INVALID', 'a platform is os/architecture or os/architecture/variant');
  return normalisePlatform({ os, architecture, ...(variant ? { variant } : {}) });
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** Of an image's config that is read; real ones have some kilobytes. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const configSchema = lazily(() =>
  z.object({
    os: z.string().optional(),
    architecture: z.string().optional(),
    variant: z.string().optional(),
  }),
);

/**
 * The platform that an image's config names; undefined where it names none.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
 * @throws {OciError} MANIFEST_INVALID where the config is not JSON
 */
export function platformOfConfig(bytes: Uint8Array): Platform | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new OciError('MANIFEST_INVALID', 'the image config is not JSON', { cause });
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success || !parsed.data.os || !parsed.data.architecture) return undefined;
  const { os, architecture, variant } = parsed.data;
  return normalisePlatform({ os, architecture, ...(variant ? { variant } : {}) });
}

/** The platforms of the images among descriptors, as text; attestations have none. */
export function imagePlatforms(descriptors: readonly Descriptor[]): string[] {
  return descriptors.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
}
