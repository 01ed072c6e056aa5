import { deadlineMinutes, markOverdue } from '../runs/deadline.ts';
import type { JournalEntry } from './flow.ts';
import { type MergeView, viewMerge } from './state.ts';
import { projectOf } from './subject.ts';
import type { MergeRecord, Services } from './types.ts';

/** How a merge stands, and whether it is late, under the configuration as it is now. */
export function viewRecord(
  record: MergeRecord,
  journal: readonly JournalEntry[],
  services: Services,
  hasIdentity: boolean,
): MergeView {
  const project = projectOf(services, record.subject);
  const targets = services.targets(project);
  const view = viewMerge(record, journal, targets, hasIdentity);
  const deadline = record.created_at + deadlineMinutes(project, targets) * 60_000;
  return markOverdue(view, deadline, services.now());
}
