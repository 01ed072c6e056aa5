import type { Descriptor, Platform } from './descriptor.ts';
import { sha256 } from './digest.ts';
import type { RawManifest } from './manifest.ts';
import { DOCKER_LIST, OCI_INDEX } from './media-types.ts';
import { formatPlatform, parsePlatform } from './platform.ts';

/** An annotation of the index itself, or of its descriptors: of every one, or of those of a platform. */
export interface IndexAnnotation {
  readonly level: 'index' | 'manifest-descriptor';
  /** `os/architecture/variant`; an index has none. */
  readonly platform?: string | undefined;
  readonly key: string;
  readonly value: string;
}

/**
 * Builds the index over these descriptors: byte for byte what `buildx imagetools create` writes for them in this order,
 * given each annotation with `--annotation`.
 *
 * Children that are all of Docker's types give a Docker manifest list, which takes no annotations; others an OCI index.
 *
 * @see https://github.com/docker/buildx/blob/v0.38.2/util/imagetools/create.go
 */
export async function buildIndex(
  children: readonly Descriptor[],
  annotations: readonly IndexAnnotation[] = [],
): Promise<RawManifest> {
  const docker = children.every(({ mediaType }) => mediaType.startsWith('application/vnd.docker.'));
  const mediaType = docker ? DOCKER_LIST : OCI_INDEX;
  const taken = docker ? [] : annotations;
  const own = sortKeys(mapOf(taken.filter(({ level }) => level === 'index')));
  const fields: Fields = new Map<string, Value>([
    ['schemaVersion', 2],
    ['mediaType', mediaType],
    ['manifests', children.map((child) => orderDescriptor(annotate(child, taken)))],
    ...withoutEmpty([['annotations', own]]),
  ]);
  const bytes = new TextEncoder().encode(stringifyAsGo(fields));
  return { bytes, mediaType, digest: await sha256(bytes), size: bytes.byteLength };
}

/** A descriptor with the annotations that are for it; they replace its own of the same key. */
function annotate(child: Descriptor, annotations: readonly IndexAnnotation[]): Descriptor {
  const platform = child.platform && formatPlatform(child.platform);
  const added = annotations.filter(
    (annotation) =>
      annotation.level === 'manifest-descriptor' &&
      (annotation.platform === undefined || formatPlatform(parsePlatform(annotation.platform)) === platform),
  );
  return added.length === 0 ? child : { ...child, annotations: { ...child.annotations, ...mapOf(added) } };
}

function mapOf(annotations: readonly IndexAnnotation[]): Record<string, string> {
  return Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
}

/** The fields in the order of Go's struct; those that are empty are left out. */
function orderDescriptor(descriptor: Descriptor): Fields {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  return withoutEmpty([
    ['mediaType', mediaType],
    ['digest', digest],
    ['size', size],
    ['urls', urls],
    ['annotations', annotations && sortKeys(annotations)],
    ['data', data],
    ['platform', platform && orderPlatform(platform)],
    ['artifactType', artifactType],
  ]);
}

function orderPlatform(platform: Platform): Fields {
  const { architecture, os, variant } = platform;
  const optional = withoutEmpty([
    ['os.version', platform['os.version']],
    ['os.features', platform['os.features']],
    ['variant', variant],
  ]);
  return new Map<string, Value>([['architecture', architecture], ['os', os], ...optional]);
}

/** By their bytes in UTF-8, as Go sorts them. */
function sortKeys(map: Readonly<Record<string, string>>): Fields {
  return new Map(Object.entries(map).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}

/** An object whose fields keep their order; those of a JavaScript object do not, where a name is a number. */
type Fields = ReadonlyMap<string, Value>;
type Value = string | number | readonly Value[] | Fields;

/** Go's `omitempty`; a size of 0 is no such field, and stays. */
function withoutEmpty(fields: readonly (readonly [string, Value | undefined])[]): Fields {
  return new Map(fields.filter((field): field is [string, Value] => field[1] !== undefined && !isEmpty(field[1])));
}

function isEmpty(value: Value): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0) || (isFields(value) && value.size === 0);
}

function isFields(value: Value): value is Fields {
  return value instanceof Map;
}

/** `json.MarshalIndent(…, "", "  ")`. @see https://pkg.go.dev/encoding/json#MarshalIndent */
function stringifyAsGo(value: Value, indent = ''): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return stringifyText(value);
  const deeper = `${indent}  `;
  if (isFields(value)) {
    const fields = [...value].map(([key, field]) => `${deeper}${stringifyText(key)}: ${stringifyAsGo(field, deeper)}`);
    return `{\n${fields.join(',\n')}\n${indent}}`;
  }
  const items = value.map((item) => `${deeper}${stringifyAsGo(item, deeper)}`);
  return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
}

/** With the escapes that Go makes for HTML's sake, and what is no Unicode replaced as Go does. */
function stringifyText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
