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

/** What was found when, milliseconds since the epoch. */
interface Look<Value> {
  readonly value: Value;
  readonly at: number;
}

/**
 * A verdict; whether it, or what the tag names, was found for an earlier request; and when, RFC 3339: of both the one
 * that is older.
 */
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
  const verdicts = createCache<Look<ImageVerdict>>(now, MAX_VERDICTS);
  const tags = createCache<Look<Digest>>(now, MAX_TAGS);

  const reach = async (key: string, options: CachedVerdictOptions): Promise<Look<ImageVerdict>> => {
    const verdict = await verifyImage(options);
    const look = { value: verdict, at: now() };
    if (isKept(verdict)) verdicts.set(key, look, verdict.verified ? PASS_MS : REFUSAL_MS);
    return look;
  };

  return async (options) => {
    const { repository, reference, platform, policyEtag, trustSha256 } = options;
    const name = `${repository.host}/${repository.name}`;
    const tag = `${name}:${reference}`;
    const keptTag = tags.get(tag);
    const digest = keptTag?.value ?? (await resolveReference(repository, reference));
    if (digest === undefined) {
      const verdict = { found: false, code: 'IMAGE_NOT_FOUND', detail: `${name} has no such image` } as const;
      return { verdict, cached: false, checked_at: new Date(now()).toISOString() };
    }
    if (digest !== reference && !keptTag) tags.set(tag, { value: digest, at: now() }, TAG_MS);
    const key = [name, digest, platform ? formatPlatform(platform) : '', policyEtag, trustSha256].join(' ');
    const kept = verdicts.get(key);
    const { value: verdict, at } = kept ?? (await reach(key, { ...options, reference: digest }));
    return {
      verdict,
      cached: kept !== undefined || keptTag !== undefined,
      checked_at: new Date(Math.min(at, keptTag?.at ?? at)).toISOString(),
    };
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
