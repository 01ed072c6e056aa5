import type { Context } from 'hono';
import type { Config } from '../lib/config.ts';
import { CodedError } from '../lib/error.ts';
import {
  type BundleRoom,
  describePolicyOf,
  describeTrust,
  describeVerdict,
  type TrustSource,
} from '../lib/gallery/answer.ts';
import { type Budget, createBudget, withBudget } from '../lib/gallery/budget.ts';
import { GalleryError } from '../lib/gallery/error.ts';
import { parseInlineTrust } from '../lib/gallery/inline-trust.ts';
import { refusalOf } from '../lib/gallery/judge.ts';
import { isPublicRepository } from '../lib/gallery/public-repository.ts';
import {
  type AllowedReference,
  artifactOf,
  type BundleRequest,
  bundleOf,
  type NamedPolicy,
  parseAllowedReference,
  parseOptionalPlatform,
  parsePolicy,
} from '../lib/gallery/request.ts';
import { createVerdictCache, type DatedVerdict } from '../lib/gallery/verdict-cache.ts';
import { createGate } from '../lib/http.ts';
import type { Platform } from '../lib/oci/descriptor.ts';
import type { Registry } from '../lib/oci/registry.ts';
import type { Repository } from '../lib/oci/repository.ts';
import type { TrustRootMaterial } from '../lib/sigstore/trusted-root.ts';
import { verifyBundle } from '../lib/sigstore/verify.ts';
import type { AppEnv } from './app-types.ts';
import { ProblemError, statusOfCode } from './problem.ts';

const IMAGES_AT_ONCE = 8;
/** Characters of bundles in one answer: a hundred of the longest would not fit into memory. */
const MAX_ANSWERED_BUNDLES = 16 * 1024 * 1024;
/** Of one isolate, per registry. */
const REQUESTS_PER_HOUR = 3000;

export interface VerifyDeps {
  readonly config: Config;
  readonly trust: () => Promise<TrustSource & { readonly material: TrustRootMaterial }>;
  /** A registry read without credentials. */
  readonly registry: (host: string) => Registry;
  readonly now: () => number;
  /** `host/name` read with our credentials: only for targets that say `public = true`. Without it they are read anonymously. */
  readonly publicTarget?: (name: string) => Repository;
  readonly requestsPerHour?: number;
}

type Provide = VerifyDeps | ((c: Context<AppEnv>) => VerifyDeps);

/** One request: what it demands, and what it is checked with. */
interface Check {
  readonly deps: VerifyDeps;
  readonly shared: Shared;
  readonly policy: NamedPolicy;
  readonly platform?: Platform;
  readonly room?: BundleRoom;
}

/** What the requests to an isolate share. */
interface Shared {
  readonly verdictOf: ReturnType<typeof createVerdictCache>;
  readonly budget: Budget;
}

/** A verdict, as `GET /v1/verify` answers. */
export interface VerdictAnswer {
  readonly status: 200 | 403;
  readonly body: object;
}

/** What verifies for public routes; what it keeps between requests belongs to the first one's clock. */
export interface Verifier {
  /** The verdict on one image. @throws {GalleryError} {OciError} {ProblemError} where there is none */
  image(c: Context<AppEnv>, ref: string, demands: Demands): Promise<VerdictAnswer>;
  /** The verdicts on many, in their order; what goes wrong with one is its own result. */
  images(c: Context<AppEnv>, refs: readonly string[], demands: Demands): Promise<readonly object[]>;
  /** The verdict on a bundle alone. */
  bundle(c: Context<AppEnv>, request: BundleRequest): Promise<VerdictAnswer>;
}

/** @param provide what it verifies with; a function is called for each request */
export function createVerifier(provide: Provide): Verifier {
  let kept: Shared | undefined;
  const depsOf = (c: Context<AppEnv>) => (typeof provide === 'function' ? provide(c) : provide);
  const enter = (c: Context<AppEnv>, demands: Demands) => {
    const deps = depsOf(c);
    const { now, requestsPerHour = REQUESTS_PER_HOUR } = deps;
    kept ??= { verdictOf: createVerdictCache(now), budget: createBudget(now, requestsPerHour) };
    return parseCheck({ deps, shared: kept }, demands);
  };
  return {
    image: async (c, ref, demands) => checkImage(enter(c, demands), ref),
    images: async (c, refs, demands) => {
      const check = enter(c, demands);
      const gate = createGate(IMAGES_AT_ONCE);
      return Promise.all(refs.map((ref) => gate(() => checkOneOfMany(check, ref))));
    },
    bundle: async (c, request) => checkBundle(depsOf(c), request),
  };
}

/** What a caller wants of an image. */
export interface Demands {
  readonly policy?: unknown;
  readonly platform?: string | undefined;
  readonly include?: string | undefined;
}

/** @throws {GalleryError} POLICY_INVALID; {OciError} REFERENCE_INVALID for a platform */
function parseCheck(entered: Pick<Check, 'deps' | 'shared'>, { policy, platform, include }: Demands): Check {
  return {
    ...entered,
    policy: parsePolicy(entered.deps.config, policy ?? ''),
    ...parseOptionalPlatform(platform),
    ...(include === 'bundle' ? { room: { left: MAX_ANSWERED_BUNDLES } } : {}),
  };
}

/** @throws {GalleryError} {OciError} {ProblemError} where there is no verdict */
async function checkImage(check: Check, ref: string): Promise<VerdictAnswer> {
  const { deps, shared, policy, platform, room } = check;
  const allowed = parseAllowedReference(deps.config, ref);
  const repository = withBudget(openRepository(deps, allowed), shared.budget);
  const { material, ...trust } = await currentTrust(deps);
  const dated = await withoutPeerErrors(() =>
    shared.verdictOf({
      repository,
      reference: allowed.reference,
      ...(platform ? { platform } : {}),
      policy: policy.policy,
      policyEtag: policy.etag,
      trust: material,
      trustSha256: trust.sha256,
    }),
  );
  const { verdict } = dated;
  if (!verdict.found) throw new GalleryError(verdict.code, verdict.detail);
  const name = `${allowed.host}/${allowed.repository}`;
  const body = describeVerdict(verdict, {
    ref,
    repository: name,
    policy,
    trust,
    dated,
    ...(room ? { room } : {}),
  });
  return { status: verdict.verified ? 200 : 403, body };
}

/** One reference among many: what goes wrong with it is its own result. */
async function checkOneOfMany(check: Check, ref: string): Promise<object> {
  try {
    const { status, body } = await checkImage(check, ref);
    return { status, ...body };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const status = error instanceof ProblemError ? error.status : statusOfCode(error.code);
    return { status, verified: false, ref, code: error.code, detail: error.message };
  }
}

function openRepository(
  { config, registry, publicTarget }: VerifyDeps,
  { host, repository }: AllowedReference,
): Repository {
  const name = `${host}/${repository}`;
  return publicTarget && isPublicRepository(config, name) ? publicTarget(name) : registry(host).repository(repository);
}

/** A trusted root that cannot be used now is ours to mend: 503, never the caller's mistake. */
async function currentTrust({ trust }: VerifyDeps) {
  try {
    return await trust();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const code = error.code === 'ROOT_INVALID' ? 'TRUST_ROOT_UNAVAILABLE' : error.code;
    const { message, retryAfterMs } = error;
    throw new ProblemError(503, code, message, {}, { cause: error, retryAfterMs });
  }
}

/** To somebody without credentials a private repository looks like none; every other trouble is the registry's. */
async function withoutPeerErrors(work: () => Promise<DatedVerdict>): Promise<DatedVerdict> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CodedError) || error instanceof GalleryError) throw error;
    if (error.code === 'UNAUTHORIZED' || error.code === 'DENIED')
      throw new GalleryError('IMAGE_NOT_FOUND', 'the image is not there, or not public');
    throw new ProblemError(502, error.code, error.message);
  }
}

/** Pure: nothing is asked, nothing is kept. */
async function checkBundle(deps: VerifyDeps, request: BundleRequest): Promise<VerdictAnswer> {
  const policy = parsePolicy(deps.config, request.policy);
  const bundle = bundleOf(request);
  const { material, ...trust } =
    request.trusted_root === undefined
      ? await currentTrust(deps)
      : await parseInlineTrust(request.trusted_root, deps.now());
  const checked_at = new Date(deps.now()).toISOString();
  const basis = { policy: describePolicyOf(policy), trusted_root: describeTrust(trust), checked_at };
  try {
    const evidence = verifyBundle({
      bundle,
      artifact: artifactOf(request),
      policy: policy.policy,
      trust: material,
      requireCosignPredicate: false,
    });
    return { status: 200, body: { verified: true, ...evidence, ...basis } };
  } catch (error) {
    const { code, detail } = refusalOf(error);
    return { status: 403, body: { verified: false, code, detail, ...basis } };
  }
}
