import type { Policy } from '../sigstore/policy.ts';
import type { Discovery } from './discovery.ts';
import { createJudge, type Judge, type Judgement, type JudgeOptions } from './judge.ts';
import type { Subject } from './subjects.ts';

/** What LocalAI's own verifier would say; `code` is a verdict's, or that of the error where it could not be told. */
export type LocalAiVerdict = { readonly verified: true } | { readonly verified: false; readonly code: string };

/** A judge by LocalAI's policy; what passed by ours, which demands more, is not verified again. */
export function createLocalAiJudge(ours: Judge, options: JudgeOptions): Judge | undefined {
  const policy = localAiPolicy(options.policy);
  if (!policy) return undefined;
  const theirs = createJudge({ ...options, policy, requireCosignPredicate: false });
  return async (layer, subject) => {
    const judgement = await ours(layer, subject);
    return judgement.ok ? judgement : theirs(layer, subject);
  };
}

/** The part of a policy that LocalAI knows; undefined where it could not say any of it. */
function localAiPolicy(policy: Policy): Policy | undefined {
  if (policy.public_key !== undefined) return undefined;
  const fields = ['issuer', 'issuer_regex', 'identity', 'identity_regex', 'not_before'] as const;
  return Object.fromEntries(fields.flatMap((field) => (policy[field] === undefined ? [] : [[field, policy[field]]])));
}

/**
 * Follows LocalAI's rules for what it pulls: it goes by the types that the list shows, takes the first bundle that
 * parses, whatever its predicate, and looks no further.
 *
 * @throws {OciError} {HttpError} where none is refused, and one could not be read
 */
export async function judgeAsLocalAi(
  judge: Judge | undefined,
  found: readonly { readonly subject: Subject; readonly discovery: Discovery }[],
): Promise<LocalAiVerdict> {
  // Without a certificate there is nobody to compare with its policy.
  if (!judge) return { verified: false, code: 'SIGNATURE_INVALID' };
  if (found.length === 0) return { verified: false, code: 'SIGNATURE_MISSING' };
  let failure: unknown;
  for (const { subject, discovery } of found) {
    try {
      const judgement = await judgeFirstBundle(judge, subject, discovery);
      if (!judgement.ok) return { verified: false, code: judgement.code };
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return { verified: true };
}

/**
 * LocalAI's judgement of one manifest: by the first bundle of the list that parses, in the first layer of what the list
 * calls one, without a look at what it refers to.
 *
 * @throws {OciError} {HttpError} where that cannot be read
 */
export async function judgeFirstBundle(
  judge: Judge | undefined,
  subject: Subject,
  { listedBundles }: Discovery,
): Promise<Judgement> {
  // Without a certificate there is nobody to compare with its policy.
  if (!judge) return { ok: false, code: 'SIGNATURE_INVALID', detail: 'LocalAI knows no managed keys' };
  for (const listed of listedBundles) {
    if ('failure' in listed) throw listed.failure;
    const judgement = await judge(listed.layer, subject);
    if (judgement.ok || judgement.code !== 'BUNDLE_MALFORMED') return judgement;
  }
  return { ok: false, code: 'SIGNATURE_MISSING', detail: 'no referrer is listed as a Sigstore bundle' };
}
