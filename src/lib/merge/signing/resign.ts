import type { ProjectConfig } from '../../config.ts';
import { CodedError } from '../../error.ts';
import { verifyPublished } from '../../gallery/verify-published.ts';
import { createGate } from '../../http.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { isIndexType } from '../../oci/media-types.ts';
import type { Repository } from '../../oci/repository.ts';
import type { Policy } from '../../sigstore/policy.ts';
import { type SignedBundle, signDigests } from '../../sigstore/sign.ts';
import { MergeError } from '../error.ts';
import type { Locks, Services } from '../types.ts';
import { attachBundle, listInFallbackTags, uploadBundle } from './attach-bundle.ts';
import { Lender } from './lender.ts';
import type { Loan } from './loan.ts';
import { unshadow } from './unshadow.ts';

/** Subjects of one bundle: a statement stays small enough for every client. */
const SUBJECTS_PER_BUNDLE = 100;
/** Subjects that are signed together: each costs about eight requests, of the 10 000 that an invocation has. */
const MAX_SUBJECTS = 1000;
const IMAGES_AT_ONCE = 6;

export interface ResignRequest {
  readonly project: ProjectConfig;
  /** `host/name@sha256:…` */
  readonly refs: readonly string[];
  readonly loan: Loan;
}

/** What became of one reference. `SHADOWED`: signed, but a client that reads only the first bundle finds another. */
export interface Resigned {
  readonly ref: string;
  readonly state: 'signed' | 'failed';
  readonly code?: string;
  readonly detail?: string;
  /** The index and its children, or the image. */
  readonly subjects: readonly Digest[];
  readonly log_index?: string;
}

/** An image with all that is signed of it. */
interface Image {
  readonly ref: string;
  readonly repository: Repository;
  readonly subjects: readonly Descriptor[];
}

/**
 * Signs images that were published before, under one certificate: each with its children, in bundles of bounded size,
 * attached, read back and verified under the project's policy. What cannot be signed after others were is told of each.
 *
 * @throws {MergeError} NO_TARGET for a repository that is not the project's; as {@link signBatch} before anything is signed
 */
export async function resignImages(
  { project, refs, loan }: ResignRequest,
  services: Services,
  locks: Locks,
): Promise<Resigned[]> {
  if (loan.kind === 'none') throw new MergeError('NEEDS_TOKEN', loan.reason);
  const named = [...new Set(refs)].map((ref) => ({ ref, ...parseRef(project, ref) }));
  const gate = createGate(IMAGES_AT_ONCE);
  const resolved = await Promise.all(
    named.map(({ ref, repository, digest }) => gate(() => resolveImage(ref, services.repository(repository), digest))),
  );
  const images = resolved.flatMap((one) => ('repository' in one ? [one] : []));
  const subjects = images.reduce((sum, image) => sum + image.subjects.length, 0);
  if (subjects > MAX_SUBJECTS) {
    const detail = `${subjects} manifests with those beside it; at most ${MAX_SUBJECTS} together`;
    return resolved.map((one) => ('repository' in one ? failed(one, 'TOO_MANY_SUBJECTS', detail) : one));
  }
  const lender = new Lender(services);
  lender.lend(loan);
  const signed = new Map<string, Resigned>();
  for (const batch of batchesOf(images)) {
    try {
      const bundle = await signBatch(batch, lender, services);
      const done = await Promise.all(
        batch.map((image) => gate(() => publish(image, bundle, project, services, locks))),
      );
      for (const one of done) signed.set(one.ref, one);
    } catch (error) {
      // Where nothing is signed yet, the whole call may be made again.
      if (signed.size === 0) throw error;
      for (const image of batch) signed.set(image.ref, failure(image, error));
    }
  }
  return resolved.map((one) =>
    'repository' in one ? (signed.get(one.ref) ?? failed(one, 'INTERNAL', 'not signed')) : one,
  );
}

/** @throws {MergeError} NO_TARGET for a repository that is not the project's */
export function checkTargets(project: ProjectConfig, refs: readonly string[]): void {
  for (const ref of refs) parseRef(project, ref);
}

function parseRef(project: ProjectConfig, ref: string): { repository: string; digest: Digest } {
  const [repository = '', digest = ''] = ref.split('@');
  if (!project.targets.some((target) => target.repository === repository))
    throw new MergeError('NO_TARGET', `${repository} is not a target of project ${project.name}`);
  return { repository, digest: parseDigest(digest) };
}

async function resolveImage(ref: string, repository: Repository, digest: Digest): Promise<Image | Resigned> {
  try {
    const raw = await repository.pullManifest(digest);
    if (!raw) throw new MergeError('SOURCE_NOT_FOUND', 'the registry has no such manifest');
    const parsed = parseManifest(raw);
    const children = parsed.kind === 'index' ? parsed.manifests : [];
    if (children.some(({ mediaType }) => isIndexType(mediaType)))
      throw new MergeError('INDEX_UNSUPPORTED', 'an index within an index is not signed');
    return {
      ref,
      repository,
      subjects: [raw, ...children].map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    };
  } catch (error) {
    return failure({ ref, subjects: [] }, error);
  }
}

/** Images side by side in bundles of at most {@link SUBJECTS_PER_BUNDLE}, an image never cut in two. */
function batchesOf(images: readonly Image[]): Image[][] {
  const batches: Image[][] = [];
  let room = 0;
  for (const image of images) {
    if (image.subjects.length > room) {
      batches.push([]);
      room = SUBJECTS_PER_BUNDLE;
    }
    batches.at(-1)?.push(image);
    room -= image.subjects.length;
  }
  return batches;
}

/** @throws {MergeError} NEEDS_TOKEN; {SigstoreError}, {HttpError} where there is no signature */
async function signBatch(batch: readonly Image[], lender: Lender, services: Services): Promise<SignedBundle> {
  const { identity } = await lender.identity();
  const digests = [...new Set(batch.flatMap((image) => image.subjects.map(({ digest }) => digest)))];
  return signDigests({ caller: services.caller, services: await services.signing(), identity, digests });
}

async function publish(
  image: Image,
  { json, logIndex, signedAt }: SignedBundle,
  project: ProjectConfig,
  services: Services,
  locks: Locks,
): Promise<Resigned> {
  const { repository, subjects } = image;
  try {
    await uploadBundle(repository, json);
    const attachment = { repository, subjects, bundle: json, signedAt };
    const { bundles, api } = await attachBundle(attachment, { services, locks });
    if (!api) await listInFallbackTags(attachment, locks);
    const [index, ...children] = subjects.map(({ digest }) => digest);
    if (!index) throw new MergeError('SOURCE_NOT_FOUND', 'nothing to sign');
    const policy = services.policy(project.policy);
    const trust = await services.trust();
    const published = await verifyPublished({
      repository,
      index,
      children,
      policy,
      trust,
      bundles,
      asksLists: api,
    });
    if (!published.ok) return failed(image, published.code, published.detail);
    const own = ownPolicy(services, project);
    const shadowed = await unshadow({ repository, bundles, api, policy, own, trust, locks });
    return {
      ...describe(image),
      state: 'signed',
      log_index: logIndex,
      ...(shadowed ? { code: 'SHADOWED', detail: `another bundle comes first on ${shadowed}` } : {}),
    };
  } catch (error) {
    return failure(image, error);
  }
}

/** Any workflow of the project's own repository, whenever. */
function ownPolicy({ config }: Services, { repository_id }: ProjectConfig): Policy {
  return { issuer: config.oidc.issuer, identity_regex: '.', source_repository_id: repository_id };
}

type Named = { readonly ref: string; readonly subjects: readonly { readonly digest: Digest }[] };

function describe({ ref, subjects }: Named) {
  return { ref, subjects: subjects.map(({ digest }) => digest) };
}

/** What became of an image that is not signed. */
export function failed(image: Named, code: string, detail: string): Resigned {
  return { ...describe(image), state: 'failed', code, detail };
}

/** What goes wrong with one image is its own result. */
function failure(image: Named, error: unknown): Resigned {
  if (!(error instanceof CodedError)) throw error;
  return failed(image, error.code, error.message);
}
