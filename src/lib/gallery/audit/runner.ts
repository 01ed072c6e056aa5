import type { Config } from '../../config.ts';
import { CodedError, messageOf } from '../../error.ts';
import { createGate, type Now } from '../../http.ts';
import { sha256 } from '../../oci/digest.ts';
import type { Repository } from '../../oci/repository.ts';
import type { TrustRootMaterial } from '../../sigstore/trusted-root.ts';
import type { TrustSource } from '../answer.ts';
import type { VerifyBundle } from '../judge.ts';
import type { NamedPolicy } from '../request.ts';
import { basisOf, isOutdated } from './basis.ts';
import { listCandidates } from './candidates.ts';
import { type Attempt, checkReference, hostOf } from './check-reference.ts';
import { AuditError } from './error.ts';
import { afterAnswer, afterBusy, afterFailure, isGivenUp } from './pace.ts';
import { type GalleryEntry, parseGallery } from './parse-gallery.ts';
import { createMemory } from './remember.ts';
import type { Audit, AuditStore, DueReference } from './store.ts';

const REFERENCES_AT_ONCE = 6;
/** Of one step: it has 30 s of CPU, and 10 000 requests. */
const REFERENCES_A_STEP = 150;
const MAX_ATTEMPTS = 4;
const MAX_TRIES = 4;
const RETRY_MS = 20_000;
/** An audit that is not done by then ends with what it has. */
const DEADLINE_MS = 24 * 3_600_000;

export interface AuditOptions {
  readonly config: Config;
  readonly store: AuditStore;
  readonly policy: NamedPolicy;
  /** The gallery's file. @throws {AuditError} GALLERY_UNAVAILABLE, GALLERY_TOO_LARGE */
  readonly fetchGallery: () => Promise<Uint8Array>;
  readonly open: (host: string, name: string) => Repository;
  readonly trust: () => Promise<TrustSource & { readonly material: TrustRootMaterial }>;
  readonly now: Now;
  readonly verify?: VerifyBundle;
}

/**
 * Does a part of the audit under way, each result kept before the next is begun, so that it may be killed anywhere.
 *
 * @returns when to go on, milliseconds since the epoch; undefined where there is nothing left to do
 */
export async function stepAudit(options: AuditOptions): Promise<number | undefined> {
  const [audit] = options.store.audits();
  if (audit?.state === 'fetching') return begin(options, audit);
  if (audit?.state === 'checking') return check(options, audit);
  return undefined;
}

/** Reads the gallery. What is wrong with it ends the audit; what may pass is tried again. */
async function begin({ store, now, policy, trust, fetchGallery }: AuditOptions, audit: Audit) {
  const attempts = audit.attempts + 1;
  // Counted before: a file on which the parser dies must not be parsed for ever.
  store.update(audit.id, { attempts });
  try {
    if (attempts > MAX_ATTEMPTS) throw new AuditError('GALLERY_INVALID', 'the gallery could not be parsed in time');
    const bytes = await fetchGallery();
    const entries = parseGallery(new TextDecoder().decode(bytes));
    store.fill(audit.id, entries, listReferences(entries));
    store.update(audit.id, {
      state: 'checking',
      source_sha256: (await sha256(bytes)).slice('sha256:'.length),
      policy_basis: basisOf(policy.policy),
      trust_sha256: (await trust()).sha256,
    });
    return now();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message: detail } = error;
    const isFinal = code === 'GALLERY_INVALID' || code === 'GALLERY_TOO_LARGE';
    if (!isFinal && attempts < MAX_ATTEMPTS) return now() + RETRY_MS * attempts;
    store.update(audit.id, { state: 'failed', finished_at: now(), code, detail });
    return undefined;
  }
}

/** What there is to check, mirrors last: what is there by then need not be pulled from them. */
function listReferences(entries: readonly GalleryEntry[]): { readonly ref: string; readonly host: string }[] {
  const candidates = entries.flatMap(listCandidates);
  const ordered = [false, true].flatMap((last) => candidates.filter(({ role }) => (role === 'mirror') === last));
  const refs = new Set(ordered.flatMap(({ ref }) => ref ?? []));
  return [...refs].map((ref) => ({ ref, host: hostOf(ref) }));
}

async function check(options: AuditOptions, audit: Audit): Promise<number | undefined> {
  const { store, now, policy } = options;
  if (isOutdated(audit, policy.policy)) {
    store.restart(audit.id, now());
    return now();
  }
  if (now() - audit.started_at > DEADLINE_MS) {
    store.recordRest(audit.id, { found: false, code: 'UNREADABLE', detail: 'the audit ran out of time' });
    return nextStep(options, audit);
  }
  const { material } = await options.trust();
  const paused = [...store.hosts()].flatMap(([host, { pausedUntil }]) => (pausedUntil > now() ? [host] : []));
  const due = store.due(audit.id, now(), paused, REFERENCES_A_STEP);
  const gate = createGate(REFERENCES_AT_ONCE);
  const remember = createMemory(store, audit.id);
  const check = { ...options, open: (host: string, name: string) => remember(options.open(host, name)) };
  await Promise.all(due.map((reference) => gate(() => checkOne(check, audit, reference, material))));
  return nextStep(options, audit);
}

async function checkOne(
  options: AuditOptions,
  { id }: Audit,
  reference: DueReference,
  trust: TrustRootMaterial,
): Promise<void> {
  const { store, now, config, policy, open, verify } = options;
  const { ref, host } = reference;
  // Since this step began, its registry may have asked for patience.
  if ((store.hosts().get(host)?.pausedUntil ?? 0) > now()) return;
  const attempt = await checkReference(ref, {
    config,
    open,
    policy: policy.policy,
    trust,
    ...(verify ? { verify } : {}),
  }).catch((error): Attempt => {
    console.error(JSON.stringify({ at: 'gallery audit', ref, problem: messageOf(error) }));
    return { kind: 'failed', code: 'INTERNAL', detail: 'an unexpected error; it was logged' };
  });
  settleAttempt(options, id, reference, attempt);
}

function settleAttempt({ store, now }: AuditOptions, id: number, reference: DueReference, attempt: Attempt): void {
  const { ref, host, tries } = reference;
  if (attempt.kind === 'busy') {
    store.changeHost(host, (state) => afterBusy(state, now(), attempt.retryAfterMs));
    return;
  }
  if (attempt.kind === 'done') {
    store.changeHost(host, afterAnswer);
    store.record(id, ref, attempt.result);
    return;
  }
  const result = { found: false, code: 'UNREADABLE', detail: `${attempt.code}: ${attempt.detail}` } as const;
  const state = store.changeHost(host, (before) => afterFailure(before, now()));
  if (isGivenUp(state)) store.recordRest(id, result, host);
  else if (tries + 1 >= MAX_TRIES) store.record(id, ref, result);
  else store.postpone(id, ref, tries + 1, now() + RETRY_MS * 2 ** tries);
}

/** At once where something is due, else when the first registry's pause is over; an audit that has it all is finished. */
function nextStep({ store, now }: AuditOptions, { id }: Audit): number | undefined {
  const hosts = store.hosts();
  const times = store.nextDue(id).map(({ host, due_at }) => Math.max(due_at, hosts.get(host)?.pausedUntil ?? 0));
  if (times.length > 0) return Math.max(now(), Math.min(...times));
  store.finish(id, now());
  return undefined;
}
