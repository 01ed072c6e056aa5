import * as z from 'zod';
import { decodeUtf8, parseStrictJson } from '../json.ts';
import { lazily } from '../lazily.ts';
import { annotationsSchema, type Descriptor, descriptorSchema } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { OciError } from './error.ts';
import { isIndexType, isManifestType } from './media-types.ts';

/** A manifest as the registry holds it: the bytes are the truth, everything else is derived from them. */
export interface RawManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

interface Common {
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
export type ParsedManifest =
  | ({ readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] } & Common)
  | ({ readonly kind: 'index'; readonly manifests: readonly Descriptor[] } & Common);

const common = () => ({
  schemaVersion: z.literal(2),
  mediaType: z.string().exactOptional(),
  subject: descriptorSchema.exactOptional(),
  artifactType: z.string().exactOptional(),
  annotations: annotationsSchema.exactOptional(),
});
const imageSchema = lazily(() =>
  z.object({ ...common(), config: descriptorSchema, layers: z.array(descriptorSchema).max(4096) }),
);
const indexSchema = lazily(() => z.object({ ...common(), manifests: z.array(descriptorSchema).max(4096) }));

/**
 * Parses a manifest or index by the media type it was served with.
 *
 * A document that says another media type, or that is an image and an index at once, means different things to
 * different clients (CVE-2021-41190), and so does one with a repeated key: both are refused. Clients in Go do not tell
 * `digest` from `Digest`, so keys that differ in case only are repeated ones.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 * @throws {OciError} MANIFEST_INVALID
 */
export function parseManifest(raw: Pick<RawManifest, 'bytes' | 'mediaType'>): ParsedManifest {
  const isIndex = isIndexType(raw.mediaType);
  if (!isIndex && !isManifestType(raw.mediaType))
    throw new OciError('MANIFEST_INVALID', `the media type ${raw.mediaType.slice(0, 255)} is not supported`);
  const json = parseJson(raw.bytes);
  if (typeof json !== 'object' || json === null)
    throw new OciError('MANIFEST_INVALID', 'the manifest is not an object');
  const foreign = isIndex ? ['config', 'layers'] : ['manifests'];
  const confused = Object.keys(json).find(
    (key) => [...foreign, 'fsLayers'].some((other) => fold(other) === fold(key)) || isMisspelt(key),
  );
  if (confused !== undefined)
    throw new OciError('MANIFEST_INVALID', `a ${raw.mediaType} has no "${confused.slice(0, 64)}"`);
  const parsed = (isIndex ? indexSchema : imageSchema).safeParse(json);
  if (!parsed.success) throw new OciError('MANIFEST_INVALID', describe(parsed.error));
  if (parsed.data.mediaType !== undefined && parsed.data.mediaType !== raw.mediaType) {
    throw new OciError('MANIFEST_INVALID', `served as ${raw.mediaType}, the document says ${parsed.data.mediaType}`);
  }
  const { schemaVersion: _, mediaType: __, ...rest } = parsed.data;
  return 'manifests' in rest ? { kind: 'index', ...rest } : { kind: 'image', ...rest };
}

const FIELDS = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
];

/** A field that only clients in Go would find. */
function isMisspelt(key: string): boolean {
  return !FIELDS.includes(key) && FIELDS.some((field) => fold(field) === fold(key));
}

/** A key as Go's encoding/json compares it. @see https://pkg.go.dev/encoding/json#Unmarshal */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.')}: ${issue?.message}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(decodeUtf8(bytes), fold);
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? cause.message : 'is not UTF-8';
    throw new OciError('MANIFEST_INVALID', `the manifest ${problem}`, { cause });
  }
}
