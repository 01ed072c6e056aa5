import type { Policy } from '../../sigstore/policy.ts';
import type { NamedPolicy } from '../request.ts';
import { isOutdated } from './basis.ts';
import { compareGalleries } from './differences.ts';
import { type AuditCode, evaluateEntry, type JudgedEntry, type JudgedReference } from './evaluate.ts';
import type { Audit, AuditStore } from './store.ts';

const DAY_MS = 24 * 3_600_000;

/** Which entries are wanted, and under which cut-off. */
export interface GalleryQuery {
  /** Of the entry's URI; `none` for entries without one. */
  readonly code?: string;
  /** What a client would end with, on any platform. */
  readonly installs?: string;
  /** A part of the name. */
  readonly name?: string;
  /** Only what differs from the audit before, or under the cut-off that is tried out. */
  readonly changed: boolean;
  /** Instead of the policy's, RFC 3339: what would it break? */
  readonly not_before?: string;
  /** As the gallery's file has them, or what an operator should look at first. */
  readonly order: 'gallery' | 'attention';
  readonly limit: number;
  /** Entries to leave out. */
  readonly offset: number;
}

export interface GalleryViewOptions {
  readonly gallery: { readonly name: string; readonly url: string };
  readonly policy: NamedPolicy;
  readonly store: AuditStore;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The audits that an answer is about. */
export interface Audits {
  /** The last one that finished; until there is one, the one under way. */
  readonly shown: Audit | undefined;
  readonly previous: Audit | undefined;
  readonly running: Audit | undefined;
  readonly failed: Audit | undefined;
}

export function selectAudits(store: AuditStore): Audits {
  const audits = store.audits();
  const running = audits.find(({ state }) => state === 'fetching' || state === 'checking');
  const [last, previous] = audits.filter(({ state }) => state === 'finished');
  const [latest] = audits;
  return {
    shown: last ?? (running?.state === 'checking' ? running : undefined),
    previous,
    running,
    failed: latest?.state === 'failed' ? latest : undefined,
  };
}

/** Judges the entries of an audit, under the policy's cut-off or another. */
export function judgeAudit(
  store: AuditStore,
  audit: Audit,
  notBefore: Policy['not_before'],
  results = store.results(audit.id),
): JudgedEntry[] {
  const cutOff = notBefore === undefined ? undefined : Date.parse(notBefore);
  return store
    .entries(audit.id)
    .map((entry) => evaluateEntry(entry, { resultOf: (ref) => results.get(ref), notBefore: cutOff }));
}

/** The audit of a gallery as an operator reads it. */
export function viewGallery(options: GalleryViewOptions, query: GalleryQuery): object {
  const { store, policy, gallery, now } = options;
  const { shown, previous, running, failed } = selectAudits(store);
  const { not_before } = policy.policy;
  const present = shown ? judgeAudit(store, shown, not_before) : [];
  const tried = shown && query.not_before !== undefined ? judgeAudit(store, shown, query.not_before) : undefined;
  const judged = tried ?? present;
  const differences = previous && shown && compareGalleries(judgeAudit(store, previous, not_before), present);
  const dryRun = tried && compareGalleries(present, tried);
  const changed = new Set((dryRun ?? differences)?.changed.map(({ name, uri }) => `${name}\n${uri}`));
  const selected = judged.filter(
    (entry) =>
      matches(entry, query) && (!query.changed || changed.has(`${entry.name}\n${entry.references[0]?.uri ?? ''}`)),
  );
  if (query.order === 'attention') selected.sort((one, other) => rankOf(one) - rankOf(other));
  const page = selected.slice(query.offset, query.offset + query.limit);
  const after = query.offset + page.length;
  return {
    gallery: gallery.name,
    url: gallery.url,
    policy: { name: policy.name, etag: policy.etag, loose: policy.loose, not_before: not_before ?? null },
    audit: shown ? describeAudit(shown, store, policy) : null,
    running: running ? { started_at: timeOf(running.started_at), ...store.progress(running.id) } : null,
    problem: failed ? { code: failed.code, detail: failed.detail, at: timeOf(failed.finished_at) } : null,
    totals: countEntries(judged),
    ...(dryRun ? { dry_run: { not_before: query.not_before, ...dryRun } } : {}),
    differences: differences && previous ? { since: timeOf(previous.finished_at), ...differences } : null,
    matching: selected.length,
    entries: page.map((entry) => describeEntry(entry, now)),
    // Whoever asks for no entries is at the end of them.
    next_offset: page.length > 0 && after < selected.length ? after : null,
  };
}

function matches(entry: JudgedEntry, { code, installs, name }: GalleryQuery): boolean {
  return (
    (code === undefined || (entry.code ?? 'none') === code) &&
    (installs === undefined || entry.platforms.some((platform) => platform.installs === installs)) &&
    (name === undefined || entry.name.toLowerCase().includes(name.toLowerCase()))
  );
}

/** Codes of what is no failure, or not yet. */
const CALM: readonly (AuditCode | null)[] = [null, 'VERIFIED', 'NOT_CHECKED', 'NOT_AN_IMAGE', 'UNREACHABLE_BY_CLIENT'];

/** The less, the sooner an operator should look: what clients silently replace, then what fails. */
function rankOf({ code, platforms }: JudgedEntry): number {
  if (platforms.some(({ installs }) => installs === 'branch' || installs === 'development')) return 0;
  return CALM.includes(code) ? 2 : 1;
}

function describeAudit(audit: Audit, store: AuditStore, policy: NamedPolicy): object {
  return {
    state: audit.state,
    started_at: timeOf(audit.started_at),
    finished_at: timeOf(audit.finished_at),
    ...store.progress(audit.id),
    source_sha256: audit.source_sha256,
    trust_sha256: audit.trust_sha256,
    /** The policy has changed since: the next audit will tell. */
    outdated: isOutdated(audit, policy.policy),
  };
}

/** How many entries there are of each kind, and on how many platforms a client would end with what. */
export function countEntries(judged: readonly JudgedEntry[]): object {
  const codes: Record<string, number> = {};
  const installs: Record<string, number> = {};
  for (const { code, platforms } of judged) {
    if (code !== null) codes[code] = (codes[code] ?? 0) + 1;
    for (const one of platforms) installs[one.installs] = (installs[one.installs] ?? 0) + 1;
  }
  return { entries: judged.length, images: judged.filter(({ code }) => code !== null).length, codes, installs };
}

function describeEntry(entry: JudgedEntry, now: number): object {
  return { ...entry, references: entry.references.map((reference) => withAge(reference, now)) };
}

function withAge(reference: JudgedReference, now: number): object {
  const { signed_at } = reference;
  return signed_at === undefined
    ? reference
    : { ...reference, age_days: Math.floor((now - Date.parse(signed_at)) / DAY_MS) };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
