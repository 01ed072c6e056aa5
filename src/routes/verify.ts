import { type Context, Hono } from 'hono';
import type { Config } from '../lib/config.ts';
import { CodedError } from '../lib/error.ts';
import { describePolicyOf, describeTrust, describeVerdict, type TrustSource } from '../lib/gallery/answer.ts';
import { type Budget, createBudget, withBudget } from '../lib/gallery/budget.ts';
import { GalleryError, type GalleryErrorCode } from '../lib/gallery/error.ts';
import { parseInlineTrust } from '../lib/gallery/inline-trust.ts';
import { refusalOf } from '../lib/gallery/judge.ts';
import {
  type AllowedReference,
  artifactOf,
  type BundleRequest,
  bundleOf,
  type NamedPolicy,
  parseAllowedReference,
  parseBundleRequest,
  parseImagesRequest,
  parseOptionalPlatform,
  parsePolicy,
} from '../lib/gallery/request.ts';
import { createVerdictCache, type DatedVerdict } from '../lib/gallery/verdict-cache.ts';
import { createGate, readBody } from '../lib/http.ts';
import type { Platform } from '../lib/oci/descriptor.ts';
import type { Registry } from '../lib/oci/registry.ts';
import type { Repository } from '../lib/oci/repository.ts';
import type { TrustRootMaterial } from '../lib/sigstore/trusted-root.ts';
import { verifyBundle } from '../lib/sigstore/verify.ts';
import type { AppEnv } from './app-types.ts';
import { ProblemError, renderProblem } from './problem.ts';

const MAX_BODY_BYTES = 256 * 1024;
const MAX_BUNDLE_BODY_BYTES = 8 * 1024 * 1024;
const IMAGES_AT_ONCE = 8;
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

const STATUS = {
  BODY_INVALID: 400,
  POLICY_INVALID: 400,
  REGISTRY_NOT_ALLOWED: 403,
  IMAGE_NOT_FOUND: 404,
  PLATFORM_NOT_FOUND: 404,
  BUDGET_EXHAUSTED: 503,
} as const satisfies Record<GalleryErrorCode, number>;

/** One request: what it demands, and what it is checked with. */
interface Check {
  readonly deps: VerifyDeps;
  readonly shared: Shared;
  readonly policy: NamedPolicy;
  readonly platform?: Platform;
  readonly includeBundle: boolean;
}

/** What the requests to an isolate share. */
interface Shared {
  readonly verdictOf: ReturnType<typeof createVerdictCache>;
  readonly budget: Budget;
}

interface Answer {
  readonly status: 200 | 403;
  readonly body: object;
}

/**
 * Verification, at `/v1/verify`: of one image (`GET`), of up to 100 (`POST`), of a bundle alone (`POST /bundle`).
 *
 * Given a function, it is called for each request; what is kept between requests then belongs to the first one's clock.
 */
export function verifyRoutes(provide: Provide): Hono<AppEnv> {
  let kept: Shared | undefined;
  const enter = (c: Context<AppEnv>) => {
    const deps = typeof provide === 'function' ? provide(c) : provide;
    const { now, requestsPerHour = REQUESTS_PER_HOUR } = deps;
    kept ??= { verdictOf: createVerdictCache(now), budget: createBudget(now, requestsPerHour) };
    c.header('Cache-Control', 'no-store');
    return { deps, shared: kept };
  };
  const routes = new Hono<AppEnv>()
    .get('/', async (c) => {
      const { ref = '', ...demands } = c.req.query();
      const { status, body } = await checkImage(parseCheck(enter(c), demands), ref);
      return c.json(body, status);
    })
    .post('/', async (c) => {
      const entered = enter(c);
      const { refs, ...demands } = parseImagesRequest(await readJsonBody(c, MAX_BODY_BYTES));
      const check = parseCheck(entered, demands);
      const gate = createGate(IMAGES_AT_ONCE);
      return c.json({ results: await Promise.all(refs.map((ref) => gate(() => checkOneOfMany(check, ref)))) });
    })
    .post('/bundle', async (c) => {
      const { deps } = enter(c);
      const request = parseBundleRequest(await readJsonBody(c, MAX_BUNDLE_BODY_BYTES));
      const { status, body } = await checkBundle(deps, request);
      return c.json(body, status);
    });
  return routes.onError((error, c) => {
    if (!(error instanceof GalleryError)) throw error;
    return renderProblem(c, STATUS[error.code], error.code, error.message, {}, error.retryAfterMs);
  });
}

interface Demands {
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
    includeBundle: include === 'bundle',
  };
}

/** @throws {ProblemError} BODY_TOO_LARGE (413), BODY_INVALID (400) */
async function readJsonBody(c: Context, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(new Response(c.req.raw.body), maxBytes).catch((error) => {
    if (!(error instanceof CodedError) || error.code !== 'BODY_TOO_LARGE') throw error;
    throw new ProblemError(413, 'BODY_TOO_LARGE', `the body has at most ${maxBytes} bytes`);
  });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new ProblemError(400, 'BODY_INVALID', 'the body is not JSON');
  }
}

/** @throws {GalleryError} {OciError} {ProblemError} where there is no verdict */
async function checkImage(check: Check, ref: string): Promise<Answer> {
  const { deps, shared, policy, platform, includeBundle } = check;
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
  const body = describeVerdict(verdict, { ref, repository: name, policy, trust, dated, includeBundle });
  return { status: verdict.verified ? 200 : 403, body };
}

/** One reference among many: what goes wrong with it is its own result. */
async function checkOneOfMany(check: Check, ref: string): Promise<object> {
  try {
    const { status, body } = await checkImage(check, ref);
    return { status, ...body };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const status =
      error instanceof ProblemError ? error.status : error instanceof GalleryError ? STATUS[error.code] : 400;
    return { status, verified: false, ref, code: error.code, detail: error.message };
  }
}

function openRepository(
  { config, registry, publicTarget }: VerifyDeps,
  { host, repository }: AllowedReference,
): Repository {
  const name = `${host}/${repository}`;
  const isPublic = config.projects.some(({ targets }) =>
    targets.some((target) => target.public && target.repository === name),
  );
  return isPublic && publicTarget ? publicTarget(name) : registry(host).repository(repository);
}

/** A trusted root that cannot be used now is ours to mend: 503, never the caller's mistake. */
async function currentTrust({ trust }: VerifyDeps) {
  try {
    return await trust();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new ProblemError(503, error.code === 'ROOT_INVALID' ? 'TRUST_ROOT_UNAVAILABLE' : error.code, error.message);
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
async function checkBundle(deps: VerifyDeps, request: BundleRequest): Promise<Answer> {
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
