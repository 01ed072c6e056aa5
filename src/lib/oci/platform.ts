import { z } from 'zod';
import type { Platform } from './descriptor.ts';
import { OciError } from './error.ts';

const ARCHITECTURES: Readonly<Record<string, readonly [architecture: string, variant: string]>> = {
  i386: ['386', ''],
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** The variant that goes without saying. */
const DEFAULT_VARIANTS: Readonly<Record<string, readonly string[]>> = { amd64: ['v1'], arm64: ['8', 'v8'] };

/**
 * Normalises a platform's names, so that equal platforms are written alike.
 *
 * @see https://github.com/containerd/platforms/blob/v1.0.0/database.go
 */
export function normalisePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase();
  const named = platform.architecture.toLowerCase();
  const [architecture, implied] = ARCHITECTURES[named] ?? [named, ''];
  const variant = normaliseVariant(architecture, (platform.variant ?? '').toLowerCase() || implied);
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

function normaliseVariant(architecture: string, variant: string): string {
  if (DEFAULT_VARIANTS[architecture]?.includes(variant)) return '';
  if (architecture !== 'arm') return variant;
  if (variant === '') return 'v7';
  return /^[5-8]$/.test(variant) ? `v${variant}` : variant;
}

/** Parses `os/architecture` or `os/architecture/variant`. @throws {OciError} REFERENCE_INVALID */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || rest.length > 0)
    throw new OciError('REFERENCE_INVALID', 'a platform is os/architecture or os/architecture/variant');
  return normalisePlatform({ os, architecture, ...(variant ? { variant } : {}) });
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

const configSchema = z.object({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().optional(),
});

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
