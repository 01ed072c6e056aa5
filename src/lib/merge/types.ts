import type { Config, ProjectConfig } from '../config.ts';
import type { VerifiedBundles } from '../gallery/judge.ts';
import type { Caller, Now } from '../http.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Repository } from '../oci/repository.ts';
import type { Policy } from '../sigstore/policy.ts';
import type { SignedBundle } from '../sigstore/sign.ts';
import type { SigningServices } from '../sigstore/signing-config.ts';
import type { TrustRootMaterial } from '../sigstore/trusted-root.ts';
import type { Arrival, Expectation, TagLatest } from './arrivals/arrival.ts';
import type { Presence } from './images/presence.ts';
import type { UploadJournal } from './images/uploads.ts';

/** What a run is, from verified claims only. */
export interface RunSubject {
  readonly project: string;
  readonly run_id: string;
  readonly ref: string;
  readonly sha: string;
  readonly event_name: string;
  readonly repository: string;
}

/** All that is known of one backend of one run; stored by its Merge object. */
export interface MergeRecord {
  readonly subject: RunSubject;
  readonly tag_suffix: string;
  readonly tag_latest: TagLatest;
  /** The newest attempt that reported. */
  readonly run_attempt: number;
  /** Raised when a newer attempt brings other bytes after publication. */
  readonly generation: number;
  readonly expectation?: Expectation;
  readonly arrivals: readonly Arrival[];
  readonly narrow: boolean;
  readonly cancelled: boolean;
  /** Why the last token that was lent was not used. */
  readonly token_refused?: string;
  readonly created_at: number;
}

/** One place an image is published to, and whether it can be. */
export interface Target {
  readonly repository: Repository;
  readonly source: Repository | undefined;
  /** Why it is left out, where it is. */
  readonly skipped: string | undefined;
}

/** What the steps need from outside; each is passed in. */
export interface Services {
  readonly config: Config;
  readonly caller: Caller;
  readonly now: Now;
  /** The most of a blob that is copied at a time, in bytes. */
  readonly copyChunkBytes: number;
  targets(project: ProjectConfig): readonly Target[];
  repository(name: string): Repository;
  policy(name: string): Policy;
  signing(): Promise<SigningServices>;
  trust(): Promise<TrustRootMaterial>;
  /** Whether a registry lists referrers by itself; asked once an hour, with the digest of a manifest just pushed. */
  hasReferrersApi(repository: Repository, probe: Digest): Promise<boolean>;
  /** Whether a registry is known to list no referrers; asks nothing. */
  needsFallbackTags(repository: Repository): boolean;
}

/** Moves tags and writes fallback referrers tags, one writer a tag. */
export interface Locks {
  moveTag(move: TagMove): Promise<TagOutcome>;
  rollbackTag(request: TagRollback): Promise<RollbackOutcome>;
  /** Reads a fallback tag ahead of `attachReferrer`. */
  readReferrers(repository: string, subject: Digest): Promise<void>;
  attachReferrer(repository: string, subject: Digest, descriptor: Descriptor): Promise<void>;
  detachReferrer(repository: string, subject: Digest, referrer: Digest): Promise<void>;
}

export interface TagMove {
  readonly repository: string;
  readonly tag: string;
  /** Whether it is to name the latest version. */
  readonly is_latest: boolean;
  readonly digest: Digest;
  readonly media_type: string;
  readonly bytes: Uint8Array;
  readonly run_id: string;
  readonly run_attempt: number;
  readonly ref: string;
  /** Platforms of the index, `os/architecture/variant`. */
  readonly platforms: readonly string[];
  /** What the index names: the tag moves only where all of it is there. */
  readonly children: readonly Digest[];
  /** Whether the tag may lose platforms. */
  readonly narrow: boolean;
}

/**
 * `set`, `moved`: the run put it there, in this try or an earlier one. `unchanged`: it was there before the run came.
 * `held`: the tag was left alone because the new index lacks a platform which the present one has. `matches`, `differs`:
 * in shadow mode, whether the tag holds our very index.
 */
export interface TagOutcome {
  readonly name: string;
  readonly state: 'set' | 'moved' | 'unchanged' | 'superseded' | 'held' | 'matches' | 'differs';
  readonly reason?: string;
}

/** Puts a tag back to what it held before. */
export interface TagRollback {
  readonly repository: string;
  readonly tag: string;
  /** What it is to hold; absent: what it held before its present digest. */
  readonly digest?: Digest | undefined;
  /** Only if this run wrote what the tag holds. */
  readonly moved_by?: string | undefined;
  /** The policy that the earlier image must pass now. */
  readonly policy: string;
}

export interface RollbackOutcome {
  readonly repository: string;
  readonly name: string;
  readonly state: 'rolled_back' | 'unchanged' | 'refused';
  /** What the tag holds now, where it was looked at. */
  readonly digest?: Digest;
  readonly code?: string;
  readonly reason?: string;
}

/** What each step leaves in the journal. */
export interface StepResults {
  readonly read: {
    readonly bytes: string;
    readonly digest: Digest;
    readonly media_type: string;
    readonly children: readonly Descriptor[];
  };
  readonly sign: {
    readonly bundle: string;
    readonly bundle_digest: Digest;
    readonly log_index: string;
    readonly signed_at: number;
    readonly identity: string;
  };
  readonly push: { readonly copied: number };
  readonly stage: { readonly size: number };
  readonly attach: { readonly bundles: Readonly<Record<string, Digest>>; readonly api: boolean };
  /** Fallback tags that were written; none where the registry lists referrers by itself. */
  readonly list: { readonly written: number };
  readonly verify: { readonly discoverable: boolean };
  readonly tag: { readonly tags: readonly TagOutcome[]; readonly discoverable: boolean };
  /** The anchors that hold what was anchored, by repository, and when that was seen: milliseconds since the epoch. */
  readonly inspect: { readonly seen_at: number; readonly anchors: readonly AnchorSeen[] };
  readonly release: { readonly released: number };
}
export type StepName = keyof StepResults;

/** A leg's anchor in a cache repository. */
export interface AnchorSeen {
  readonly repository: string;
  readonly tag: string;
}

/** What a step sees: the record, the results before it, and the outside. */
export interface StepContext {
  readonly record: MergeRecord;
  readonly project: ProjectConfig;
  readonly services: Services;
  readonly locks: Locks;
  /** Every tag that the merge ends with, from verified claims. */
  readonly tags: readonly string[];
  /** Of these, those that are to name the latest version. */
  readonly latestTags: readonly string[];
  readonly targets: readonly Target[];
  /** Signs with the key and certificate that was lent. @throws {MergeError} NEEDS_TOKEN */
  sign(digests: readonly Digest[]): Promise<{ readonly signed: SignedBundle; readonly signer: string }>;
  /** How far large blobs have come. */
  readonly uploads: UploadJournal;
  /** The manifests that this stretch of work has seen. */
  readonly presence: Pick<Presence, 'has'>;
  /** Bundles that have passed under the project's policy, by their digest. */
  readonly verified: VerifiedBundles;
  result<Name extends 'read' | 'sign' | 'inspect'>(step: Name): StepResults[Name];
  targetResult<Name extends 'push' | 'attach' | 'verify' | 'tag'>(step: Name, target: Target): StepResults[Name];
}
