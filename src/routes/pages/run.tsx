import type { RunMergeView, RunView } from '../../lib/runs/types.ts';
import { isOpen } from '../../lib/runs/view.ts';
import { adviseMerge, explain } from './advice.ts';
import { capitalise, count, joinWords, nameOfSuffix, shortRef } from './format.ts';
import type { Page } from './layout.tsx';
import { mergePath, queryOf, runEventsPath, runPath } from './links.ts';
import { Bar, StateIcon } from './parts.tsx';
import { Merges, type RunFilter } from './run-grid.tsx';
import { countGroups, GROUPS, groupOf, wordsOf } from './states.ts';

export interface RunPageOptions {
  readonly run: RunView;
  readonly filter: RunFilter;
  /** Where the run is at GitHub, where it is there. */
  readonly url: string | undefined;
}

/** A run: every merge as a cell of a grid. */
export function runPage({ run, filter, url }: RunPageOptions): Page {
  const { project, run_id } = run;
  const name = run.ref === null ? `Run ${run_id}` : shortRef(run.ref);
  return {
    title: `${name}, run ${run_id}`,
    ...(isOpen(run.merges) ? { events: [runEventsPath(project, run_id)] } : {}),
    body: (
      <>
        <h1>{name}</h1>
        <p class="quiet" id="about" data-live>
          {project}, {url === undefined ? `run ${run_id}` : <a href={url}>run {run_id}</a>}, attempt {run.run_attempt}
          {run.sha ? (
            <>
              , at <code>{run.sha.slice(0, 12)}</code>
            </>
          ) : null}
          {run.planned ? '' : '; it has no plan: only what has been reported is known'}
        </p>
        <Summary run={run} filter={filter} />
        <div id="attention" data-live>
          <Attention run={run} />
        </div>
        <h2>Merges</h2>
        <Filter run={run} filter={filter} />
        <div id="merges" data-live>
          <Merges run={run} filter={filter} />
        </div>
      </>
    ),
  };
}

function Summary({ run, filter }: { run: RunView; filter: RunFilter }) {
  const counts = countGroups(run.merges);
  const address = runPath(run.project, run.run_id);
  return (
    <>
      <p class="lead" id="said" role="status" data-live>
        {describe(run)}
      </p>
      <div id="tally" data-live>
        <Bar counts={counts} />
        <ul class="tally" aria-label="Merges by state">
          {GROUPS.filter(({ group }) => counts[group] > 0).map(({ group, words, icon }) => {
            const isChosen = filter.group === group;
            const query = queryOf({ suffix: filter.suffix, state: isChosen ? undefined : group });
            return (
              <li>
                <a id={`tally-${group}`} href={address + query} aria-current={isChosen ? 'true' : undefined}>
                  <b>{counts[group]}</b>
                  <span>
                    <StateIcon icon={icon} />
                    {words}
                  </span>
                </a>
              </li>
            );
          })}
        </ul>
      </div>
    </>
  );
}

/** The run in a sentence. */
export function describe(run: RunView): string {
  const total = run.merges.length;
  const counts = countGroups(run.merges);
  if (counts.published === total)
    return total === 1 ? 'Its one merge is published.' : `All ${total} merges are published.`;
  const open = GROUPS.filter(({ group }) => group !== 'published' && counts[group] > 0).map(({ group, words }) => {
    const one = group === 'attention' && counts[group] === 1 ? 'needs attention' : words;
    return `${counts[group]} ${one}`;
  });
  const cancelled = run.cancelled ? ' The run was cancelled.' : '';
  const begun =
    counts.published === 0
      ? `None of ${count(total, 'merge')} is published yet`
      : `${counts.published} of ${count(total, 'merge')} ${counts.published === 1 ? 'is' : 'are'} published`;
  return `${begun}; ${joinWords(open)}.${cancelled}`;
}

function Attention({ run }: { run: RunView }) {
  const merges = run.merges.filter((merge) => groupOf(merge) === 'attention');
  if (merges.length === 0) return null;
  // Many merges often need the same: it is said once.
  const alike = Map.groupBy(merges, (merge) => `${wordsOf(merge)}\n${explain(merge)}`);
  return (
    <section class="card verdict bad" aria-labelledby="needed">
      <h2 id="needed">
        <StateIcon icon="bad" />
        <span>Needs attention</span>
      </h2>
      <ul class="rows">
        {[...alike.values()].map((group) => (
          <Needed run={run} merges={group} />
        ))}
      </ul>
    </section>
  );
}

/** Merges that are named where they need the same. */
const MAX_NAMED = 8;

function Needed({ run, merges }: { run: RunView; merges: readonly RunMergeView[] }) {
  const [first] = merges;
  if (!first) return null;
  const more = merges.length - MAX_NAMED;
  const advice = adviseMerge(first);
  return (
    <li>
      <h3 class="flat">{capitalise(wordsOf(first))}</h3>
      <p class="line">
        {merges.slice(0, MAX_NAMED).map(({ tag_suffix }) => (
          <a class="mono" href={mergePath(run.project, run.run_id, tag_suffix)}>
            {nameOfSuffix(tag_suffix)}
          </a>
        ))}
        {more > 0 ? <span class="quiet">and {more} more</span> : null}
      </p>
      <p>{explain(first)}</p>
      {advice === undefined ? null : <p class="quiet">{advice}</p>}
    </li>
  );
}

function Filter({ run, filter }: { run: RunView; filter: RunFilter }) {
  return (
    <search aria-label="Filter merges">
      <form method="get" action={runPath(run.project, run.run_id)} data-filter>
        <label class="wide">
          Suffix contains
          <input
            class="mono"
            name="suffix"
            value={filter.suffix}
            maxlength={80}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <label>
          State
          <select name="state">
            <option value="">all</option>
            {GROUPS.map(({ group, words }) => (
              <option value={group} selected={filter.group === group}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Filter</button>
      </form>
    </search>
  );
}
