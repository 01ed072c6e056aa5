import { createHash, createPublicKey } from 'node:crypto';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { messageOf } from '../error.ts';
import { parseStrictJson } from '../json.ts';
import { lazily } from '../lazily.ts';
import type { Platform } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseImageReference } from '../oci/reference.ts';
import { isLoose, type Policy, policySchema } from '../sigstore/policy.ts';
import { GalleryError } from './error.ts';

/** A policy with what an answer says of it. */
export interface NamedPolicy {
  readonly policy: Policy;
  readonly name?: string;
  /** SHA-256 of its canonical JSON, hexadecimal. */
  readonly etag: string;
  /** A regex matches anywhere in a value, where perhaps only a whole match was meant. */
  readonly loose: boolean;
}

/** A reference to an image of a registry that is configured. */
export interface AllowedReference {
  /** The registry's host, as configured. */
  readonly host: string;
  readonly repository: string;
  /** A digest where there is one, else a tag. */
  readonly reference: string;
}

const MAX_REFERENCES = 100;
const policyOrName = lazily(() => z.union([z.string(), z.record(z.string(), z.unknown())]));

/** The body of `POST /v1/verify`. */
export const imagesSchema = lazily(() =>
  z.strictObject({
    refs: z.array(z.string()).min(1).max(MAX_REFERENCES),
    platform: z.string().optional(),
    policy: policyOrName,
    include: z.literal('bundle').optional(),
  }),
);

/** The body of `POST /v1/verify/bundle`. */
export const bundleSchema = lazily(() =>
  z
    .strictObject({
      bundle: z.union([z.string(), z.record(z.string(), z.unknown())]),
      artifact: z.base64().optional(),
      artifact_digest: z
        .string()
        .refine((text): text is Digest => isDigest(text), 'must be sha256: and 64 lower-case hex digits')
        .optional(),
      policy: policyOrName,
      trusted_root: z.record(z.string(), z.unknown()).optional(),
    })
    .refine(
      ({ artifact, artifact_digest }) => (artifact === undefined) !== (artifact_digest === undefined),
      'needs either artifact or artifact_digest',
    ),
);

export type ImagesRequest = z.infer<typeof imagesSchema>;
export type BundleRequest = z.infer<typeof bundleSchema>;

/** A request for the verdicts on up to 100 references. @throws {GalleryError} BODY_INVALID */
export function parseImagesRequest(json: unknown): ImagesRequest {
  return parseWith(imagesSchema, json);
}

/** A request for the verdict on one bundle. @throws {GalleryError} BODY_INVALID */
export function parseBundleRequest(json: unknown): BundleRequest {
  return parseWith(bundleSchema, json);
}

function parseWith<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new GalleryError('BODY_INVALID', describeIssue(parsed.error));
  return parsed.data;
}

/** Which artifact a bundle is to be for. */
export function artifactOf({ artifact, artifact_digest }: BundleRequest): { digest: string } | { bytes: Uint8Array } {
  return artifact_digest === undefined
    ? { bytes: new Uint8Array(Buffer.from(artifact ?? '', 'base64')) }
    : { digest: artifact_digest };
}

/** A bundle as it was sent; text that is not JSON stays text, which is no bundle. */
export function bundleOf({ bundle }: BundleRequest): unknown {
  if (typeof bundle !== 'string') return bundle;
  try {
    return parseStrictJson(bundle);
  } catch (cause) {
    throw new GalleryError('BODY_INVALID', `bundle: ${messageOf(cause)}`, { cause });
  }
}

/**
 * A policy by its name, or as it was sent: never empty, never partial, without a key that nobody knows.
 *
 * @throws {GalleryError} POLICY_INVALID
 */
export function parsePolicy(config: Config, value: unknown): NamedPolicy {
  if (typeof value === 'string') {
    const policy = findPolicy(config, value);
    if (!policy) throw new GalleryError('POLICY_INVALID', 'policy: no policy of that name is configured');
    return policy;
  }
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) throw new GalleryError('POLICY_INVALID', `policy: ${describeIssue(parsed.error)}`);
  if (parsed.data.public_key !== undefined && !isPublicKey(parsed.data.public_key))
    throw new GalleryError('POLICY_INVALID', 'policy: public_key: must be a public key in PEM');
  return describePolicy(parsed.data);
}

/** A configured policy; undefined where none has that name. */
export function findPolicy(config: Config, name: string): NamedPolicy | undefined {
  const policy = config.policies.find((candidate) => candidate.name === name);
  return policy && describePolicy(policy);
}

/** Of configured policies, which are asked for again and again. */
const described = new WeakMap<Policy, NamedPolicy>();

function describePolicy(policy: Policy): NamedPolicy {
  const known = described.get(policy) ?? describeAnew(policy);
  described.set(policy, known);
  return known;
}

function describeAnew(policy: Policy): NamedPolicy {
  const entries = Object.entries(policy).sort(([one], [other]) => (one < other ? -1 : 1));
  const etag = createHash('sha256').update(JSON.stringify(entries)).digest('hex');
  return { policy, etag, loose: isLoose(policy), ...(policy.name === undefined ? {} : { name: policy.name }) };
}

function isPublicKey(pem: string): boolean {
  try {
    // Node derives a public key from a private one; nobody is to send that.
    return !pem.includes('PRIVATE') && createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

/**
 * A reference in a registry that is configured: its host is compared exactly, whatever else looks like it.
 *
 * @throws {OciError} REFERENCE_INVALID
 * @throws {GalleryError} REGISTRY_NOT_ALLOWED
 */
export function parseAllowedReference(config: Config, text: string): AllowedReference {
  const { registry, repository, tag, digest } = parseImageReference(text);
  const allowed = config.registries.find(({ host, alias }) => host === registry || alias === registry);
  if (!allowed) throw new GalleryError('REGISTRY_NOT_ALLOWED', `${registry} is not a configured registry`);
  return { host: allowed.host, repository, reference: digest ?? tag ?? 'latest' };
}

/** `os/architecture` or with a variant. @throws {OciError} REFERENCE_INVALID */
export function parseOptionalPlatform(text: string | undefined): { readonly platform?: Platform } {
  return text === undefined || text === '' ? {} : { platform: parsePlatform(text) };
}

function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const key = issue?.code === 'unrecognized_keys' ? [issue.keys[0]] : [];
  const path = [...(issue?.path ?? []), ...key].map(String).join('.').slice(0, 100);
  return path === ''
    ? (issue?.message ?? '')
    : `${path}: ${issue?.code === 'unrecognized_keys' ? 'is not known' : issue?.message}`;
}
