import { Document } from 'yaml';
import { isReachable, normaliseReference } from './candidates.ts';
import type { AuditCode, JudgedEntry, JudgedReference } from './evaluate.ts';
import type { GalleryEntry } from './parse-gallery.ts';

/** What becomes of an entry whose URI does not verify: left out, or marked. */
export type OnFailure = 'omit' | 'mark';

/** What was changed, for the comment in front. */
interface Changes {
  readonly dropped: string[];
  readonly mirrors: string[];
  readonly capabilities: string[];
}

/**
 * Writes a gallery with what verified: each URI by its digest, while a tag that is not a branch's holds it, since
 * registries sweep up what no tag names; mirrors with their host, since LocalAI takes nothing else for an image, and only
 * where no image is there that fails: a client that does not verify would fall back to it.
 * Entries that fail are left out or marked, and what points to an entry that is gone is removed.
 *
 * The same judgement gives the same bytes.
 *
 * @param judged - in the order of `entries`
 */
export function buildVerifiedIndex(
  entries: readonly GalleryEntry[],
  judged: readonly JudgedEntry[],
  onFailure: OnFailure,
): string {
  const changes: Changes = { dropped: [], mirrors: [], capabilities: [] };
  const kept = entries.flatMap((entry, position) => keepEntry(entry, judged[position], onFailure, changes));
  const names = new Set(kept.map(({ name }) => name.toLowerCase()));
  const lost = new Set(entries.map(({ name }) => name.toLowerCase()).filter((name) => !names.has(name)));
  const pruned = kept.flatMap((entry) => pruneCapabilities(entry, lost, changes));
  // Clients in Go read YAML 1.1, to which a bare `yes` or `12:30` is no text.
  const document = new Document(pruned, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  document.commentBefore = describeChanges(changes);
  return document.toString({ lineWidth: 0 });
}

function keepEntry(
  entry: GalleryEntry,
  judged: JudgedEntry | undefined,
  onFailure: OnFailure,
  changes: Changes,
): GalleryEntry[] {
  const own = judged?.references.find(({ role }) => role === 'uri');
  if (!own) return [entry];
  // An image that verifies, and that clients only do not take for one, is written so that they do.
  const code = own.image_code ?? own.code;
  if (code !== 'VERIFIED') changes.dropped.push(`${entry.name}: ${code}`);
  if (onFailure === 'omit' && code !== 'VERIFIED') return [];
  const bad = onFailure === 'omit' ? failingMirrors(judged?.references ?? []) : new Map<string, AuditCode>();
  for (const [mirror, why] of bad) changes.mirrors.push(`${entry.name}: ${mirror}: ${why}`);
  const mirrors = entry.mirrors?.filter((mirror) => !bad.has(mirror)).map((mirror) => writeReachable(mirror));
  const written = mirrors ? { ...entry, mirrors } : entry;
  if (code === 'VERIFIED') return [{ ...written, uri: pin(own) }];
  return [{ ...written, muster: describeFailure(code, own) }];
}

/** Mirrors whose image is there and does not verify, and why. */
function failingMirrors(references: readonly JudgedReference[]): ReadonlyMap<string, AuditCode> {
  return new Map(
    references.flatMap(({ role, uri, digest, code, image_code = code }) =>
      role === 'mirror' && digest !== undefined && image_code !== 'VERIFIED' ? [[uri, image_code] as const] : [],
    ),
  );
}

function describeFailure(code: AuditCode, { detail }: JudgedReference): object {
  return { verified: false, code, ...(detail === undefined ? {} : { detail }) };
}

/** The digest is what was verified; without a tag that stays, it would be gone soon after its branch moves on. */
function pin({ uri, ref, digest, held_by }: JudgedReference): string {
  if (ref !== undefined && digest !== undefined && held_by !== undefined && !ref.includes('@'))
    return writeReachable(uri, `${ref.slice(0, ref.lastIndexOf(':'))}@${digest}`);
  return isReachable(uri) ? uri : writeReachable(uri);
}

/** A reference as clients take it for an image: with its host, and with a scheme where they do not know that. */
function writeReachable(uri: string, ref = normaliseReference(uri)): string {
  if (ref === undefined) return uri;
  return uri.startsWith('oci://') || !isReachable(ref) ? `oci://${ref}` : ref;
}

/** An entry that only pointed to others, all of which are gone, is gone too: LocalAI would take it for an image. */
function pruneCapabilities(entry: GalleryEntry, lost: ReadonlySet<string>, changes: Changes): GalleryEntry[] {
  const { capabilities, ...rest } = entry;
  if (!capabilities) return [entry];
  const [kept, removed] = [true, false].map((wanted) =>
    Object.entries(capabilities).filter(([, target]) => !lost.has(target.toLowerCase()) === wanted),
  );
  if (!kept || !removed || removed.length === 0) return [entry];
  for (const [capability, target] of removed) changes.capabilities.push(`${entry.name}: ${capability}: ${target}`);
  if (kept.length > 0) return [{ ...entry, capabilities: Object.fromEntries(kept) }];
  if (entry.uri) return [rest];
  changes.dropped.push(`${entry.name}: all that it points to`);
  return [];
}

function describeChanges({ dropped, mirrors, capabilities }: Changes): string {
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [` ${title}`, ...lines.map((line) => `   ${line.replace(/[\r\n]+/g, ' ')}`)];
  return [
    ' The images of this gallery that verify under its policy, by digest.',
    ...list('These do not:', dropped),
    ...list('These mirrors do not, and were left out:', mirrors),
    ...list('These capabilities pointed to an entry that was left out:', capabilities),
  ].join('\n');
}
