import type { ProjectConfig } from '../../config.ts';
import type { Env } from '../../environment.ts';
import { createGate } from '../../http.ts';
import type { Digest } from '../../oci/digest.ts';
import { unwrap } from '../../outcome.ts';
import { mergeName, runName } from '../../runs/names.ts';
import { MergeError } from '../error.ts';
import type { RollbackOutcome, TagRollback } from '../types.ts';
import { locksOf } from './locks.ts';

/** Tags that are put back side by side; each is verified first. */
const TAGS_AT_ONCE = 8;

export type RollbackRequest =
  | { readonly repository: string; readonly tag: string; readonly digest?: Digest | undefined }
  | { readonly run_id: string };

/**
 * Puts one tag, or every tag that a run moved, back to what it held before; each only if that passes the project's
 * policy as it is today.
 *
 * @returns what was done, tag by tag; null where nothing has arrived for the run
 * @throws {MergeError} NOT_A_TARGET where the repository is none of the project's
 */
export async function rollbackTags(
  env: Env,
  project: ProjectConfig,
  request: RollbackRequest,
): Promise<RollbackOutcome[] | null> {
  const locks = locksOf(env);
  const gate = createGate(TAGS_AT_ONCE);
  const moves = 'run_id' in request ? await tagsOfRun(env, project, request.run_id) : [tagOf(project, request)];
  if (!moves) return null;
  return Promise.all(moves.map((move) => gate(() => locks.rollbackTag({ ...move, policy: project.policy }))));
}

type Move = Omit<TagRollback, 'policy'>;

function tagOf(project: ProjectConfig, { repository, tag, digest }: Extract<RollbackRequest, { tag: string }>): Move {
  if (!project.targets.some((target) => target.repository === repository))
    throw new MergeError('NOT_A_TARGET', `${repository} is not a target of project ${project.name}`);
  return { repository, tag, digest };
}

/** Every tag that the run may have moved: which it did, their locks know. Null where nothing has arrived for it. */
async function tagsOfRun(env: Env, project: ProjectConfig, runId: string): Promise<Move[] | null> {
  const run = await env.RUNS.getByName(runName(project.name, runId)).view();
  if (!run) return null;
  const gate = createGate(TAGS_AT_ONCE);
  const places = await Promise.all(
    run.merges.map(({ tag_suffix }) =>
      gate(async () => unwrap(await env.MERGES.getByName(mergeName(project.name, runId, tag_suffix)).tagPlaces())),
    ),
  );
  return places.flat().map((place) => ({ ...place, moved_by: runId }));
}
