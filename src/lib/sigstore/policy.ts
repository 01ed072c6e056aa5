import * as z from 'zod';
import { lazily } from '../lazily.ts';
import { isAnchored, isRegex, matchesRegex } from './regex.ts';

const regex = z
  .string()
  .min(1)
  .refine(isRegex, 'must be a regular expression of RE2, of at most 512 characters and few repetitions');
const digits = z.string().regex(/^\d{1,20}$/, 'must be a numeric id, as a string');
const timestamp = lazily(() =>
  z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time, as 2026-01-31T00:00:00Z' }),
);

const PINS = ['source_repository_id', 'source_repository_owner_id', 'runner_environment'] as const;

/**
 * What a client demands of a signature: LocalAI's five fields, and the pins that a workflow's path cannot give.
 *
 * A policy that is empty or partial admits anybody, so it is refused; so is a key that nobody knows.
 */
export const policySchema = lazily(() =>
  z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
        .optional(),
      issuer: z.string().min(1).optional(),
      issuer_regex: regex.optional(),
      identity: z.string().min(1).optional(),
      identity_regex: regex.optional(),
      not_before: timestamp.optional(),
      source_repository_id: digits.optional(),
      source_repository_owner_id: digits.optional(),
      runner_environment: z.string().min(1).optional(),
      public_key: z.string().min(1).optional(),
      predicate_type: z.string().min(1).optional(),
      mode: z.enum(['enforce', 'warn']).optional(),
    })
    .refine(
      (policy) => policy.public_key !== undefined || isComplete(policy),
      'needs issuer or issuer_regex, and identity or identity_regex',
    )
    .refine(
      (policy) => policy.public_key === undefined || !namesSigner(policy),
      'has either public_key or an issuer, an identity and pins',
    ),
);
export type Policy = Readonly<z.infer<typeof policySchema>>;

const SIGNER_FIELDS = ['issuer', 'issuer_regex', 'identity', 'identity_regex', ...PINS] as const;
/** A policy before it is known to be one. */
type SignerDemands = { readonly [field in (typeof SIGNER_FIELDS)[number]]?: string | undefined };

function isComplete({ issuer, issuer_regex, identity, identity_regex }: SignerDemands): boolean {
  return (issuer ?? issuer_regex) !== undefined && (identity ?? identity_regex) !== undefined;
}

/** Whether it demands what only a certificate says: a managed key names nobody, so nothing could be held against it. */
function namesSigner(policy: SignerDemands): boolean {
  return SIGNER_FIELDS.some((field) => policy[field] !== undefined);
}

/** What a certificate, or the claims that one would be made from, says of the signer. */
export interface SignerIdentity {
  readonly issuer: string;
  readonly identity: string;
  readonly source_repository_id?: string | undefined;
  readonly source_repository_owner_id?: string | undefined;
  readonly runner_environment?: string | undefined;
}

/**
 * Tests a signer; undefined where the policy admits it. Both before signing and in verification: one place decides.
 *
 * `issuer` and `identity` are compared exactly; regexes search, as LocalAI's do.
 */
export function assessSigner(
  policy: Policy,
  signer: SignerIdentity,
): { readonly code: 'ISSUER_MISMATCH' | 'IDENTITY_MISMATCH'; readonly detail: string } | undefined {
  if (!admits(policy.issuer, policy.issuer_regex, signer.issuer))
    return { code: 'ISSUER_MISMATCH', detail: `the issuer is ${signer.issuer}` };
  if (!admits(policy.identity, policy.identity_regex, signer.identity))
    return { code: 'IDENTITY_MISMATCH', detail: `the identity is ${signer.identity}` };
  const pin = PINS.find((name) => policy[name] !== undefined && policy[name] !== signer[name]);
  return pin && { code: 'IDENTITY_MISMATCH', detail: `${pin} is ${signer[pin] ?? 'not named'}` };
}

function admits(exact: string | undefined, pattern: string | undefined, value: string): boolean {
  if (exact !== undefined && exact !== value) return false;
  return pattern === undefined || matchesRegex(pattern, value);
}

/** Whether a regex of the policy matches anywhere in a value, where only a whole match was meant. */
export function isLoose(policy: Policy): boolean {
  return [policy.issuer_regex, policy.identity_regex].some((regex) => regex !== undefined && !isAnchored(regex));
}
