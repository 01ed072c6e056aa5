import type { Digest } from '../../oci/digest.ts';
import type { VerdictCode } from '../../sigstore/error.ts';
import { type Candidate, listCandidates, type Role } from './candidates.ts';
import type { ImageCheck, Signature, SubjectCheck } from './check-image.ts';
import type { GalleryEntry } from './parse-gallery.ts';

/** What an audit found of one reference; `held_by` is a tag, not a branch's, that has its digest too. */
export type ReferenceResult =
  | (ImageCheck & { readonly held_by?: string })
  | {
      readonly found: false;
      readonly code: 'REGISTRY_NOT_ALLOWED' | 'IMAGE_INVALID' | 'UNREADABLE';
      readonly detail: string;
    };

/** Why an entry, or one of its references, is as it is. */
export type AuditCode =
  | 'VERIFIED'
  | VerdictCode
  | 'IMAGE_NOT_FOUND'
  | 'REGISTRY_NOT_ALLOWED'
  | 'IMAGE_INVALID'
  | 'UNREADABLE'
  | 'UNREACHABLE_BY_CLIENT'
  | 'NOT_AN_IMAGE'
  | 'NOT_CHECKED';

/** One reference of an entry, judged. */
export interface JudgedReference {
  readonly role: Role;
  readonly uri: string;
  readonly ref?: string;
  readonly code: AuditCode;
  /** What the image is, where a client does not reach it all the same. */
  readonly image_code?: AuditCode;
  readonly detail?: string;
  readonly digest?: Digest;
  readonly platforms?: readonly JudgedPlatform[];
  /** When its latest signature was made, RFC 3339. */
  readonly signed_at?: string;
  readonly held_by?: string;
}

/** One platform of a reference. `localai` is what LocalAI's own verifier would say. */
export interface JudgedPlatform {
  readonly platform: string;
  readonly digest: Digest;
  readonly code: AuditCode;
  readonly localai: AuditCode;
  readonly signed_at?: string;
}

/** What a strict LocalAI on a platform would end with: none, where nothing verifies; unknown, where it cannot be told. */
export interface Installs {
  readonly platform: string;
  readonly installs: Role | 'none' | 'unknown';
  /** What it would pull. */
  readonly uri?: string;
  readonly digest?: Digest;
}

/** An entry, judged; without a URI it only points to others. */
export interface JudgedEntry {
  readonly name: string;
  /** The URI's; null for an entry without one. */
  readonly code: AuditCode | null;
  readonly references: readonly JudgedReference[];
  readonly platforms: readonly Installs[];
}

export interface EvaluateOptions {
  /** By reference, with its host. */
  readonly resultOf: (ref: string) => ReferenceResult | undefined;
  /** What was signed before does not count, milliseconds since the epoch. */
  readonly notBefore: number | undefined;
}

/** What says nothing of an image. */
const UNSEEN: readonly AuditCode[] = ['UNREADABLE', 'REGISTRY_NOT_ALLOWED'];

/** Where no reference of an entry is there, and so none names a platform. */
const ANY_PLATFORM = 'any';

/** Judges an entry by what its references were found to be; pure, so that another cut-off can be tried out. */
export function evaluateEntry(entry: GalleryEntry, options: EvaluateOptions): JudgedEntry {
  const candidates = listCandidates(entry).map((candidate) => ({
    candidate,
    result: candidate.ref === undefined ? undefined : options.resultOf(candidate.ref),
  }));
  const references = candidates.map(({ candidate, result }) => judgeReference(candidate, result, options.notBefore));
  const found = [...new Set(candidates.flatMap(({ result }) => platformsOf(result)))].sort();
  const platforms = found.length === 0 && candidates.length > 0 ? [ANY_PLATFORM] : found;
  return {
    name: entry.name,
    code: references.find(({ role }) => role === 'uri')?.code ?? null,
    references,
    platforms: platforms.map((platform) => findInstalled(platform, candidates, options.notBefore)),
  };
}

function judgeReference(
  candidate: Candidate,
  result: ReferenceResult | undefined,
  notBefore: number | undefined,
): JudgedReference {
  const { role, uri, ref, reachable } = candidate;
  const judged = {
    role,
    uri,
    ...(ref === undefined ? { code: 'NOT_AN_IMAGE' as const } : { ref, ...judgeImage(result, notBefore) }),
  };
  return reachable || ref === undefined
    ? judged
    : { ...judged, code: 'UNREACHABLE_BY_CLIENT', image_code: judged.code };
}

function judgeImage(
  result: ReferenceResult | undefined,
  notBefore: number | undefined,
): Omit<JudgedReference, 'role' | 'uri' | 'ref'> {
  if (!result) return { code: 'NOT_CHECKED' };
  if (!result.found) return { code: result.code, detail: result.detail };
  const judged = result.subjects.map(({ policy }) => judgeSignature(policy, notBefore));
  const refused = judged.find(({ code }) => code !== 'VERIFIED');
  const signedAt = judged
    .flatMap(({ signed_at }) => signed_at ?? [])
    .sort()
    .at(-1);
  return {
    code: refused?.code ?? 'VERIFIED',
    ...(refused?.detail === undefined ? {} : { detail: refused.detail }),
    digest: result.digest,
    platforms: childrenOf(result.is_index, result.subjects).map((subject) => judgePlatform(subject, notBefore)),
    ...(signedAt === undefined ? {} : { signed_at: signedAt }),
    ...(result.held_by === undefined ? {} : { held_by: result.held_by }),
  };
}

function judgePlatform(subject: SubjectCheck, notBefore: number | undefined): JudgedPlatform {
  const { code, signed_at } = judgeSignature(subject.policy, notBefore);
  return {
    platform: clientPlatform(subject),
    digest: subject.digest,
    code,
    localai: judgeSignature(subject.localai, notBefore).code,
    ...(signed_at === undefined ? {} : { signed_at }),
  };
}

interface Judged {
  readonly code: 'VERIFIED' | VerdictCode;
  readonly detail?: string;
  readonly signed_at?: string;
}

function judgeSignature(signature: Signature, notBefore: number | undefined): Judged {
  if ('code' in signature) return signature;
  const { signed_at } = signature;
  if (notBefore === undefined || Date.parse(signed_at) >= notBefore) return { code: 'VERIFIED', signed_at };
  const detail = `signed at ${signed_at}, before ${new Date(notBefore).toISOString()}`;
  return { code: 'SIGNED_BEFORE_CUTOFF', detail, signed_at };
}

/** What LocalAI tries, in order, until something verifies. What was not looked at, or could not be read, may be it. */
function findInstalled(
  platform: string,
  candidates: readonly { readonly candidate: Candidate; readonly result: ReferenceResult | undefined }[],
  notBefore: number | undefined,
): Installs {
  // By its URI LocalAI decides whether an entry is one of images at all; else it wants a checksum instead of a signature.
  if (!candidates[0]?.candidate.reachable) return { platform, installs: 'none' };
  for (const { candidate, result } of candidates) {
    if (!candidate.reachable || candidate.ref === undefined) continue;
    if (!result || (!result.found && UNSEEN.includes(result.code))) return { platform, installs: 'unknown' };
    const subject = result.found ? subjectFor(platform, result) : undefined;
    if (subject && judgeSignature(subject.localai, notBefore).code === 'VERIFIED')
      return { platform, installs: candidate.role, uri: candidate.uri, digest: subject.digest };
  }
  return { platform, installs: 'none' };
}

/** An image without an index is taken whatever it is for. */
function subjectFor(platform: string, result: Extract<ReferenceResult, { found: true }>): SubjectCheck | undefined {
  if (!result.is_index) return result.subjects[0];
  return childrenOf(true, result.subjects).find((subject) => clientPlatform(subject) === platform);
}

function platformsOf(result: ReferenceResult | undefined): string[] {
  if (!result?.found) return [];
  return childrenOf(result.is_index, result.subjects).map(clientPlatform);
}

/** What can run: not the index itself, nor a build's attestations. */
function childrenOf(isIndex: boolean, subjects: readonly SubjectCheck[]): readonly SubjectCheck[] {
  return (isIndex ? subjects.slice(1) : subjects).filter(({ platform }) => platform !== 'unknown/unknown');
}

/** LocalAI asks for an operating system and an architecture, no variant; what names neither is for linux/amd64. */
function clientPlatform({ platform = 'linux/amd64' }: SubjectCheck): string {
  return platform.split('/', 2).join('/');
}
