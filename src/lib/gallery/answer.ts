import type { Digest } from '../oci/digest.ts';
import type { NamedPolicy } from './request.ts';
import type { DatedVerdict } from './verdict-cache.ts';
import type { RefusedImage, VerifiedImage } from './verify-image.ts';

/** The trusted root that a verdict rests on, as an answer names it. `fetched_at` is RFC 3339. */
export interface TrustSource {
  readonly source: string;
  readonly sha256: string;
  readonly fetched_at: string;
}

export interface ImageAnswerOptions {
  /** As it was asked. */
  readonly ref: string;
  /** `host/repository`. */
  readonly repository: string;
  readonly policy: NamedPolicy;
  readonly trust: TrustSource;
  readonly dated: Omit<DatedVerdict, 'verdict'>;
  /** Absent: the answer is to have no bundle. */
  readonly room?: BundleRoom;
}

/** How many characters of bundles, as JSON, an answer may still carry; shared by the results of one answer. */
export interface BundleRoom {
  left: number;
}

/** A verdict as clients get it: enough to pull just that, and to verify it by themselves. */
export function describeVerdict(verdict: VerifiedImage | RefusedImage, options: ImageAnswerOptions): object {
  const { digest, index_digest, platform, localai } = verdict;
  const { ref, repository, dated, policy, trust } = options;
  const common = { ref, pinned: pin(repository, digest), digest, index_digest, platform };
  const basis = {
    policy: describePolicyOf(policy),
    trusted_root: describeTrust(trust),
    localai,
    cached: dated.cached,
    checked_at: dated.checked_at,
  };
  if (!verdict.verified) return { verified: false, code: verdict.code, detail: verdict.detail, ...common, ...basis };
  const { signer, timestamps, log, predicate_type } = verdict.evidence;
  return {
    verified: true,
    ...common,
    signer,
    timestamps,
    log,
    predicate_type,
    subjects: verdict.subjects,
    ...basis,
    ...describeBundle(verdict.bundle, options.room),
  };
}

function describeBundle(bundle: unknown, room: BundleRoom | undefined): object {
  if (!room) return {};
  const { length } = JSON.stringify(bundle);
  if (length > room.left) return { bundle_omitted: 'the answer has no room for more bundles: ask for this one alone' };
  room.left -= length;
  return { bundle };
}

/** What an answer says of the policy that was applied. */
export function describePolicyOf({ name, etag, loose }: NamedPolicy): object {
  return { name, etag, loose };
}

/** What an answer says of the trusted root. */
export function describeTrust({ source, sha256, fetched_at }: TrustSource): object {
  return { source, sha256, fetched_at };
}

function pin(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
