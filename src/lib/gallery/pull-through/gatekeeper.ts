import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { parseManifest, type RawManifest } from '../../oci/manifest.ts';
import type { Repository } from '../../oci/repository.ts';
import type { VerdictCode } from '../../sigstore/error.ts';
import { isRunnable } from './attached.ts';
import { PullThroughError } from './error.ts';
import { indexSignedWith } from './part.ts';
import { readThrough } from './read-through.ts';
import { listReferrers } from './referrer-lists.ts';
import type { StoredVerdict } from './store.ts';
import { Verdicts, type VerdictsOptions } from './verdicts.ts';

const TAG_MS = 5_000;
const MAX_TAGS = 4096;

/** Why a manifest is not served, or with which flaw it is. */
export interface Flaw {
  readonly code: VerdictCode;
  readonly detail: string;
}
export type Admission =
  | { readonly admitted: true; readonly manifest: RawManifest; readonly flaw?: Flaw }
  | { readonly admitted: false; readonly digest: Digest; readonly flaw: Flaw };

/**
 * Decides what of one repository may be served: manifests that verify under its policy, each by itself; what their
 * lists of referrers name; the blobs that either names.
 */
export class Gatekeeper {
  readonly #options: VerdictsOptions;
  readonly #repository: Repository;
  readonly #verdicts: Verdicts;
  readonly #tags = new Map<string, { readonly digest: Digest; readonly until: number }>();

  constructor(options: VerdictsOptions) {
    this.#repository = readThrough(options.repository, options.store);
    this.#options = { ...options, repository: this.#repository };
    this.#verdicts = new Verdicts(this.#options);
  }

  /**
   * Admits what a tag or digest names. By a tag only what verifies itself, as a whole: whoever may move tags could else point one
   * at anything that merely refers to a signed image.
   *
   * @throws {PullThroughError} MANIFEST_UNKNOWN
   * @throws {OciError} {HttpError} {SigstoreError} where nobody can tell now
   */
  async admit(reference: string): Promise<Admission> {
    const digest = isDigest(reference) ? reference : await this.#resolve(reference);
    if (digest === reference && (await this.#isAttached(digest)))
      return { admitted: true, manifest: await this.#pull(digest) };
    const verdict = await this.#verdicts.of(digest);
    if (!verdict) throw unknownManifest();
    const { code, detail } = verdict;
    const flaw = code === 'VERIFIED' ? await this.#flawOfTag(reference, digest, verdict) : { code, detail };
    if (!flaw) return { admitted: true, manifest: await this.#pull(digest) };
    if (!this.#options.warnOnly) return { admitted: false, digest, flaw };
    return { admitted: true, manifest: await this.#pull(digest), flaw };
  }

  /** A tag that names a child of a signed index would give it to clients of every platform. */
  async #flawOfTag(reference: string, digest: Digest, { referrer }: StoredVerdict): Promise<Flaw | undefined> {
    const index =
      isDigest(reference) || !referrer ? undefined : await indexSignedWith(this.#repository, digest, referrer);
    return (
      index && {
        code: 'SUBJECT_MISMATCH',
        detail: `it is signed as a part of ${index} only; pull that, or this by its digest`,
      }
    );
  }

  /**
   * The size in bytes of a blob that a manifest names which may be served now.
   *
   * @throws {PullThroughError} BLOB_UNKNOWN
   * @throws {OciError} {HttpError} {SigstoreError} where nobody can tell now
   */
  async admitBlob(digest: Digest): Promise<number> {
    let failure: unknown;
    for (const { manifest, size } of this.#options.store.ownersOf(digest)) {
      try {
        if (await this.#mayServePartsOf(manifest)) return size;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    throw new PullThroughError('BLOB_UNKNOWN', 'no verified manifest names this blob');
  }

  /**
   * Who refers to a manifest: nobody, where it is not there, or refers to another itself, since clients walk up the whole
   * tree; the flaw, where it may not be served.
   */
  async referrersOf(subject: Digest): Promise<readonly Descriptor[] | Flaw> {
    const listed = await this.#list(subject);
    return 'code' in listed && (await this.#isAttached(subject)) ? [] : listed;
  }

  async #list(subject: Digest): Promise<readonly Descriptor[] | Flaw> {
    const verdict = await this.#verdicts.of(subject);
    if (!verdict) return [];
    if (this.#verdicts.serves(verdict)) return listReferrers(this.#options, subject, verdict);
    return { code: verdict.code as VerdictCode, detail: verdict.detail };
  }

  async #mayServePartsOf(manifest: Digest): Promise<boolean> {
    const { store } = this.#options;
    const judged = [...store.subjectsOf(manifest), ...(store.verdictOf(manifest) ? [manifest] : [])];
    for (const digest of judged) if (this.#verdicts.serves(await this.#verdicts.ofOwner(digest))) return true;
    return false;
  }

  /** Whether a manifest is in the list of a subject that may be served. @throws {PullThroughError} MANIFEST_UNKNOWN */
  async #isAttached(digest: Digest): Promise<boolean> {
    const { store } = this.#options;
    const subjects = store.subjectsOf(digest);
    if (subjects.length === 0 && store.verdictOf(digest)?.code === 'VERIFIED') return false;
    const parsed = parseManifest(await this.#pull(digest));
    // A list that is the registry's own, where the policy only warns, may name it all the same.
    if (isRunnable(parsed)) return false;
    for (const subject of subjects) if (this.#verdicts.serves(await this.#verdicts.of(subject))) return true;
    const subject = parsed.subject?.digest;
    if (subject === undefined || subject === digest) return false;
    const listed = await this.#list(subject);
    return 'some' in listed && listed.some((descriptor) => descriptor.digest === digest);
  }

  async #resolve(tag: string): Promise<Digest> {
    const now = this.#options.now();
    const known = this.#tags.get(tag);
    if (known && known.until > now) return known.digest;
    this.#tags.delete(tag);
    const present = await this.#repository.headManifest(tag);
    if (!present) throw unknownManifest();
    const [oldest] = this.#tags.keys();
    if (this.#tags.size >= MAX_TAGS && oldest !== undefined) this.#tags.delete(oldest);
    this.#tags.set(tag, { digest: present.digest, until: now + TAG_MS });
    return present.digest;
  }

  async #pull(digest: Digest): Promise<RawManifest> {
    const raw = await this.#repository.pullManifest(digest);
    if (!raw) throw unknownManifest();
    return raw;
  }
}

function unknownManifest(): PullThroughError {
  return new PullThroughError('MANIFEST_UNKNOWN', 'the repository has no such manifest');
}
