import type { RunMergeView, RunView } from '../../lib/runs/types.ts';
import { nameOfSuffix } from './format.ts';
import { groupByPrefix } from './groups.ts';
import { mergePath, runPath } from './links.ts';
import { StateIcon } from './parts.tsx';
import { type Group, groupOf, iconOf, wordsOf } from './states.ts';

/** Which merges of a run are wanted. */
export interface RunFilter {
  /** A part of the suffix. */
  readonly suffix: string;
  readonly group: Group | undefined;
}

/** Every merge as a cell, under the words that many of their names begin with. */
export function Merges({ run, filter }: { run: RunView; filter: RunFilter }) {
  const wanted = filter.suffix.toLowerCase();
  const merges = run.merges.filter(
    (merge) =>
      merge.tag_suffix.toLowerCase().includes(wanted) &&
      (filter.group === undefined || groupOf(merge) === filter.group),
  );
  if (run.merges.length === 0) return <p class="quiet">Nothing is planned, and nothing has been reported.</p>;
  if (merges.length === 0)
    return (
      <p>
        No merge of this run is so. <a href={runPath(run.project, run.run_id)}>Show all {run.merges.length}</a>
      </p>
    );
  const groups = groupByPrefix(merges, ({ tag_suffix }) => tag_suffix);
  return groups.map(({ prefix, items }, index) => (
    <section aria-labelledby={groups.length === 1 && prefix === '' ? undefined : `group-${index}`}>
      {groups.length === 1 && prefix === '' ? null : (
        <h3 class="group" id={`group-${index}`}>
          {prefix === '' ? <span>others</span> : <span class="mono">{prefix}…</span>}
          <span class="quiet small">
            {items.filter(({ item }) => item.state === 'published').length} of {items.length} published
          </span>
        </h3>
      )}
      <ul class="cells">
        {items.map(({ item, rest }) => (
          <Cell run={run} merge={item} name={rest} />
        ))}
      </ul>
    </section>
  ));
}

function Cell({ run, merge, name }: { run: RunView; merge: RunMergeView; name: string }) {
  const { tag_suffix } = merge;
  return (
    <li>
      <a
        id={`merge${tag_suffix}`}
        href={mergePath(run.project, run.run_id, tag_suffix)}
        data-state={`${merge.state} ${merge.arrived.length}`}
      >
        <StateIcon icon={iconOf(merge)} />
        <span class="hidden">{wordsOf(merge)}: </span>
        <span class="mono">{name === '' ? nameOfSuffix(tag_suffix) : name}</span>
        <Legs merge={merge} />
      </a>
    </li>
  );
}

function Legs({ merge: { arrived, expected } }: { merge: RunMergeView }) {
  const legs = [...new Set([...(expected ?? []), ...arrived])].sort();
  return (
    <span class="legs">
      {legs.map((leg) => {
        const isHere = arrived.includes(leg);
        return (
          <span class={isHere ? 'here' : undefined}>
            <i />
            {leg}
            {isHere ? null : <span class="hidden"> missing</span>}
          </span>
        );
      })}
    </span>
  );
}
