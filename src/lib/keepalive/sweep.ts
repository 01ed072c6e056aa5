import type { MergeState } from '../merge/state.ts';
import type { Repository } from '../oci/repository.ts';
import type { RunStanding } from '../runs/types.ts';
import { isAnchorTag, mayBeOfRun } from './anchor-tag.ts';
import { isReleased, type Judgement, judgeOwn, keep, type Removal } from './judge.ts';
import type { Ledger, LedgerAnchor } from './ledger.ts';
import type { Fate, Pass } from './pass.ts';
import { describeProblem } from './problem.ts';
import type { QuayApi } from './quay.ts';
import { removeTag } from './remove-tag.ts';
import type { RepositoryRules } from './rules.ts';

/** What a cleanup works on and asks. */
export interface SweepDeps {
  readonly ledger: Ledger;
  readonly repository: Repository;
  readonly quay: QuayApi | undefined;
  readonly rules: RepositoryRules;
  readonly now: () => number;
  /** Full name of the repository, `quay.io/a/b`. */
  readonly name: string;
  standingOfRun(anchor: LedgerAnchor): Promise<RunStanding | null>;
  standingOfMerge(anchor: LedgerAnchor): Promise<MergeState | 'arriving' | null>;
  /** The runs that are not over. */
  openRuns(): Promise<readonly string[]>;
  /** Runs a removal while nobody can anchor the tag anew. */
  alone(tag: string, removal: () => Promise<'deleted' | 'absent'>): Promise<'deleted' | 'absent'>;
}

/** Lists a page of tags. */
export async function listPage(pass: Pass, { ledger, repository, quay, rules, now }: SweepDeps): Promise<Pass> {
  const page = await repository.pullTagPage(pass.next);
  for (const tag of page?.tags ?? []) if (isAnchorTag(tag)) ledger.see(tag, pass.started_at, now());
  if (page?.next) return { ...pass, next: page.next };
  ledger.forgetUnseen(pass.started_at);
  return { ...pass, phase: quay && rules.foreignAgeMs !== undefined ? 'date' : 'remove' };
}

/** Takes a page of ages from Quay. Without them, a tag's age counts from its first sight. */
export async function datePage(pass: Pass, { ledger, quay, name }: SweepDeps): Promise<Pass> {
  try {
    const page = await quay?.pullDatedTags(pass.page);
    for (const { tag, digest, started_at } of page?.tags ?? []) ledger.date(tag, digest, started_at);
    return page?.more ? { ...pass, page: pass.page + 1 } : { ...pass, phase: 'remove' };
  } catch (error) {
    return { ...pass, phase: 'remove', problem: describeProblem(error, name) };
  }
}

/**
 * Judges one tag and removes it if it may go. Each condition is looked at again as late as it can be: what the tag holds,
 * how its merge stands, and that nobody anchored it anew meanwhile.
 */
export async function judgeTag(tag: string, deps: SweepDeps): Promise<Fate> {
  const anchors = deps.ledger.anchorsOf(tag);
  const judged = anchors.length > 0 ? await judgeAnchors(anchors, deps) : await judgeForeign(tag, deps);
  if (!judged.remove) return { kind: 'kept', why: judged.why };
  if (!isUnchanged(anchors, deps.ledger.anchorsOf(tag))) return { kind: 'kept', why: 'needed' };
  if (deps.rules.dryRun) return { kind: 'would_remove', why: judged.why };
  const removed = await deps.alone(tag, () => removeTag(deps.repository, deps.quay, tag));
  deps.ledger.forgetSeen(tag);
  return removed === 'deleted' ? { kind: 'removed', why: judged.why } : { kind: 'kept', why: 'gone' };
}

/** An anchor goes only if every merge that made it lets it go. */
async function judgeAnchors(anchors: readonly LedgerAnchor[], deps: SweepDeps): Promise<Judgement> {
  const reasons: Removal[] = [];
  for (const anchor of anchors) {
    const { projects, retentionMs } = deps.rules;
    const rules = projects.get(anchor.project) ?? { maxAgeMs: retentionMs, shadow: false };
    const judged = judgeOwn(anchor, await deps.standingOfRun(anchor), rules, deps.now());
    if (!judged.remove) return judged;
    reasons.push(judged.why);
  }
  const head = await deps.repository.headManifest(anchors[0]?.tag ?? '');
  if (!head) return keep('gone');
  if (anchors.some(({ digest }) => digest !== head.digest)) return keep('changed');
  for (const [index, anchor] of anchors.entries())
    if (!isReleased(await deps.standingOfMerge(anchor), reasons[index] ?? 'done')) return keep('needed');
  return { remove: true, why: reasons.includes('abandoned') ? 'abandoned' : 'done' };
}

/** A tag that Muster did not make: only where that is allowed, old enough, and of no run that is not over. */
async function judgeForeign(tag: string, { ledger, repository, rules, now, openRuns }: SweepDeps): Promise<Judgement> {
  const seen = ledger.seen(tag);
  if (rules.foreignAgeMs === undefined || !seen) return keep('foreign');
  if ((await openRuns()).some((run) => mayBeOfRun(tag, run))) return keep('needed');
  const isOld = now() - (seen.started_at ?? seen.first_seen_at) > rules.foreignAgeMs;
  if (!isOld && seen.digest !== null) return keep('young');
  const head = await repository.headManifest(tag);
  if (!head) return keep('gone');
  if (head.digest !== seen.digest) {
    ledger.seeDigest(tag, head.digest, seen.digest === null ? seen.first_seen_at : now());
    return keep('young');
  }
  return { remove: true, why: 'foreign' };
}

function isUnchanged(before: readonly LedgerAnchor[], after: readonly LedgerAnchor[]): boolean {
  const key = (anchors: readonly LedgerAnchor[]) =>
    JSON.stringify(
      anchors.map(({ project, tag_suffix, digest, anchored_at }) => [project, tag_suffix, digest, anchored_at]),
    );
  return key(before) === key(after);
}
