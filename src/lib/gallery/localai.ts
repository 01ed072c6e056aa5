import type { VerdictCode } from '../sigstore/error.ts';
import type { Policy } from '../sigstore/policy.ts';
import type { Discovery } from './discovery.ts';
import { createJudge, type Judge, type Judgement, type JudgeOptions } from './judge.ts';
import type { Subject } from './subjects.ts';

/** What LocalAI's own verifier would say. */
export type LocalAiVerdict = { readonly verified: true } | { readonly verified: false; readonly code: VerdictCode };

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
 */
export async function judgeAsLocalAi(
  judge: Judge | undefined,
  found: readonly { readonly subject: Subject; readonly discovery: Discovery }[],
): Promise<LocalAiVerdict> {
  // Without a certificate there is nobody to compare with its policy.
  if (!judge) return { verified: false, code: 'SIGNATURE_INVALID' };
  if (found.length === 0) return { verified: false, code: 'SIGNATURE_MISSING' };
  for (const { subject, discovery } of found) {
    const code = await firstRefusal(judge, subject, discovery);
    if (code !== undefined) return { verified: false, code };
  }
  return { verified: true };
}

async function firstRefusal(judge: Judge, subject: Subject, discovery: Discovery): Promise<VerdictCode | undefined> {
  // A bundle that cannot be read now would end LocalAI's verification too.
  const judgement = await judgeFirstBundle(judge, subject, discovery).catch(() => undefined);
  if (!judgement) return 'BUNDLE_MALFORMED';
  return judgement.ok ? undefined : judgement.code;
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
  for (const layer of listedBundles) {
    const judgement = await judge(layer, subject);
    if (judgement.ok || judgement.code !== 'BUNDLE_MALFORMED') return judgement;
  }
  return { ok: false, code: 'SIGNATURE_MISSING', detail: 'no referrer is listed as a Sigstore bundle' };
}
