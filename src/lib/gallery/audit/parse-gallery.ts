import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import * as z from 'zod';
import { messageOf } from '../../error.ts';
import { lazily } from '../../lazily.ts';
import { AuditError } from './error.ts';

/** A gallery file is kept in one row, which holds at most 2 MB. */
export const MAX_GALLERY_BYTES = 1_500_000;
const MAX_ENTRIES = 5000;
/** Of one anchor, each weighed by those within it. */
const MAX_ALIAS_COUNT = 1000;
/** Nodes of the document with every alias written out. */
const MAX_NODES = 500_000;

const text = z.string().min(1).max(1024);

/** An entry of a gallery; what is not named here is passed on as it is. */
const entrySchema = lazily(() =>
  z.looseObject({
    name: text,
    uri: z.string().max(1024).optional(),
    mirrors: z.array(text).max(16).nullish(),
    capabilities: z.record(z.string(), z.string().max(1024)).nullish(),
  }),
);

/** An entry, with anchors and merge keys resolved. */
export type GalleryEntry = z.infer<typeof entrySchema>;

/**
 * Parses a gallery: LocalAI's `backend/index.yaml`, a list with anchors and merge keys.
 *
 * @see https://yaml.org/type/merge.html
 * @throws {AuditError} GALLERY_INVALID, saying where; also for aliases that would grow beyond all bounds
 */
export function parseGallery(yaml: string): GalleryEntry[] {
  const parsed = z.array(entrySchema).max(MAX_ENTRIES).safeParse(parseYaml(yaml));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw new AuditError('GALLERY_INVALID', `the gallery: ${path === '' ? 'not a list' : path}: ${issue?.message}`);
}

function parseYaml(yaml: string): unknown {
  try {
    const document = parseDocument(yaml, { merge: true, logLevel: 'error', uniqueKeys: false });
    const [error] = document.errors;
    if (error) throw error;
    if (countNodes(document) > MAX_NODES) throw new Error('its aliases stand for too much');
    return document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (cause) {
    const reason = messageOf(cause).split('\n', 1)[0]?.slice(0, 200);
    throw new AuditError('GALLERY_INVALID', `the gallery is not usable YAML: ${reason}`, { cause });
  }
}

/**
 * The nodes of a document, those behind an alias counted each time that it stands for them. On the way it refuses
 * repeated keys; the parser's own check compares each key with every other.
 */
function countNodes(document: Document): number {
  const anchored = new Map<string, number>();
  const count = (node: unknown): number => {
    if (isPair(node)) return count(node.key) + count(node.value);
    // Within what it stands for, an alias has no end.
    if (isAlias(node)) return anchored.get(node.source) ?? Number.POSITIVE_INFINITY;
    if (isMap(node)) assertUniqueKeys(node);
    const nodes = isCollection(node) ? node.items.reduce((sum: number, item) => sum + count(item), 1) : 1;
    if (isNode(node) && node.anchor !== undefined) anchored.set(node.anchor, nodes);
    return nodes;
  };
  return count(document.contents);
}

function assertUniqueKeys({ items }: YAMLMap): void {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    const name = isScalar(key) ? key.value : key;
    if (seen.has(name)) throw new Error(`the key "${String(name).slice(0, 64)}" is repeated`);
    seen.add(name);
  }
}
