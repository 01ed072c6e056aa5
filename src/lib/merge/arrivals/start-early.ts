import type { EarlyLoan } from '../signing/lender.ts';
import { buildMergedIndex, childrenOf } from '../steps/read.ts';
import { projectOf } from '../subject.ts';
import { tagsOf } from '../tags.ts';
import type { MergeRecord, Services } from '../types.ts';
import { joinReport, type TakenReport } from './recording.ts';

/**
 * Begins while the last leg is anchored: its image is checked, so the index is known. It signs, and opens uploads;
 * neither counts unless the leg is recorded. What was begun or cancelled before is left alone: it may be signed already,
 * or never be.
 */
export function startEarly(
  early: EarlyLoan | undefined,
  taken: TakenReport,
  before: MergeRecord | undefined,
  services: Services,
): void {
  if (!early || taken.hasBegun || taken.directive.cancelled) return;
  // Whatever fails here is done in its turn, and told then.
  start(early, joinReport(before, taken), services).catch(() => undefined);
}

async function start(early: EarlyLoan, record: MergeRecord, services: Services): Promise<void> {
  const project = projectOf(services, record.subject);
  const used = services.targets(project).filter(({ skipped }) => skipped === undefined);
  const prepared = used.map(({ repository }) => repository.prepareUpload().catch(() => undefined));
  const index = await buildMergedIndex({ record, project, tags: tagsOf(project, record) });
  // As when it signs in its turn: not what could not be checked afterwards.
  services.policy(project.policy);
  await services.trust();
  if (index) early.sign([index.digest, ...childrenOf(index).map(({ digest }) => digest)]);
  await Promise.all(prepared);
}
