import type { Now } from '../http.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { resolveReference } from './subjects.ts';
import {
  type ImageVerdict,
  type RefusedImage,
  type VerifiedImage,
  type VerifyImageOptions,
  verifyImage,
} from './verify-image.ts';

const PASS_MS = 3_600_000;
const REFUSAL_MS = 10_000;
const TAG_MS = 5_000;
const MAX_VERDICTS = 256;
/** Characters of JSON. A pass carries its bundle: some tens of thousands, unless somebody padded it. */
const MAX_KEPT_BUNDLE = 64 * 1024;
const MAX_TAGS = 4096;

export interface CachedVerdictOptions extends VerifyImageOptions {
  /** SHA-256 of the policy, so that another policy never hits. */
  readonly policyEtag: string;
  /** SHA-256 of the trusted root. */
  readonly trustSha256: string;
}

/** A verdict with when it was reached, RFC 3339, and whether that was for an earlier request. */
export interface DatedVerdict {
  readonly verdict: ImageVerdict;
  readonly cached: boolean;
  readonly checked_at: string;
}

/**
 * Keeps verdicts by repository, digest, platform, policy and trusted root: a pass for an hour, a refusal for ten
 * seconds, errors, what rests on one, and a bundle that is too long never. What a tag names is kept for five seconds.
 */
export function createVerdictCache(now: Now): (options: CachedVerdictOptions) => Promise<DatedVerdict> {
  const verdicts = createCache<DatedVerdict>(now, MAX_VERDICTS);
  const tags = createCache<Digest>(now, MAX_TAGS);

  return async (options) => {
    const { repository, reference, platform, policyEtag, trustSha256 } = options;
    const name = `${repository.host}/${repository.name}`;
    const tag = `${name}:${reference}`;
    const digest = tags.get(tag) ?? (await resolveReference(repository, reference));
    if (digest !== undefined && digest !== reference && tags.get(tag) === undefined) tags.set(tag, digest, TAG_MS);
    const key = [name, digest, platform ? formatPlatform(platform) : '', policyEtag, trustSha256].join(' ');
    const known = verdicts.get(key);
    if (known && digest !== undefined) return { ...known, cached: true };
    const verdict: ImageVerdict =
      digest === undefined
        ? { found: false, code: 'IMAGE_NOT_FOUND', detail: `${name} has no such image` }
        : await verifyImage({ ...options, reference: digest });
    const dated = { verdict, cached: false, checked_at: new Date(now()).toISOString() };
    if (isKept(verdict)) verdicts.set(key, dated, verdict.verified ? PASS_MS : REFUSAL_MS);
    return dated;
  };
}

function isKept(verdict: ImageVerdict): verdict is VerifiedImage | RefusedImage {
  if (!verdict.found || verdict.isProvisional) return false;
  return !verdict.verified || JSON.stringify(verdict.bundle).length <= MAX_KEPT_BUNDLE;
}

function createCache<Value>(now: Now, maxEntries: number) {
  const entries = new Map<string, { readonly value: Value; readonly until: number }>();
  return {
    get: (key: string): Value | undefined => {
      const entry = entries.get(key);
      return entry && entry.until > now() ? entry.value : undefined;
    },
    set: (key: string, value: Value, ttlMs: number): void => {
      entries.delete(key);
      // The oldest goes first: entries stand in the order they were set.
      for (const oldest of entries.keys()) {
        if (entries.size < maxEntries) break;
        entries.delete(oldest);
      }
      entries.set(key, { value, until: now() + ttlMs });
    },
  };
}
