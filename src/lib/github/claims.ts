import * as z from 'zod';
import { lazily } from '../lazily.ts';

const text = z.string().min(1);
const digits = z.string().regex(/^\d{1,20}$/);
const seconds = z.number().finite().nonnegative();

/**
 * The claims of a GitHub Actions ID token that are used, under GitHub's own names; times are seconds since the epoch.
 *
 * A claim that decides nothing may be absent: an absent `ref_protected` is no protected ref.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
 */
export const claimsSchema = lazily(() =>
  z.object({
    iss: text,
    aud: text,
    sub: text,
    repository: z.string().regex(/^[^/\s]+\/[^/\s]+$/),
    repository_id: digits,
    repository_owner: text,
    repository_owner_id: digits,
    ref: text,
    ref_type: z.string().optional(),
    ref_protected: z.string().optional(),
    sha: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
    run_id: digits,
    run_attempt: z.string().regex(/^[1-9]\d{0,5}$/),
    run_number: digits.optional(),
    event_name: text,
    workflow_ref: text,
    job_workflow_ref: text,
    runner_environment: text,
    actor: z.string().optional(),
    exp: seconds,
    iat: seconds,
    nbf: seconds.optional(),
  }),
);
export type Claims = Readonly<z.infer<typeof claimsSchema>>;
