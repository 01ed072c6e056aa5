import type { RunMergeView, RunView } from '../../lib/runs/types.ts';
import { isOpen } from '../../lib/runs/view.ts';
import { explain } from './advice.ts';
import { nameOfSuffix } from './format.ts';
import type { Page } from './layout.tsx';
import { runEventsPath } from './links.ts';
import { Image, MergeHead } from './merge-parts.tsx';

/** A merge of a run's plan of which nothing has arrived; undefined where the plan does not have it. */
export function findPlanned({ merges }: RunView, suffix: string): RunMergeView | undefined {
  return merges.find(({ tag_suffix, arrived }) => tag_suffix === suffix && arrived.length === 0);
}

/** A merge that is only planned: what it waits for. It becomes the merge's page when the first leg arrives. */
export function plannedPage({ project, run_id }: RunView, merge: RunMergeView): Page {
  const { tag_suffix } = merge;
  return {
    title: `${nameOfSuffix(tag_suffix)}, run ${run_id}`,
    ...(isOpen([merge]) ? { events: [runEventsPath(project, run_id, tag_suffix)] } : {}),
    body: (
      <>
        <MergeHead merge={{ ...merge, project, run_id }} told={merge} said={explain(merge)} />
        <div id="parts" data-live>
          <Image merge={{ ...merge, arrivals: [] }} />
        </div>
      </>
    ),
  };
}
